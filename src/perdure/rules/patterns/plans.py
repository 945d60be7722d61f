"""Plans, appointments, goals, routines, how things are done."""

from __future__ import annotations

from perdure.rules.patterns.base import NounRule, Rule

_VISIT = r"(?:appointment|checkup|check-up|interview|consultation|exam|surgery|operation|scan|physio|therapy|viewing|haircut|cleaning|meeting|vaccination|ultrasound|mri|booking|reservation|hearing|inspection|call)"

RULES: tuple[Rule, ...] = (
    Rule(
        "have",
        r" (?:got )?(?:an?|my|our|another) (?P<plan__occasion>(?:[\w-]+ ){0,2}(?:flight|trip|wedding|train|ferry|concert|exam|holiday|vacation|recital|marathon|race|conference|deadline)\b.*)",
    ),
    Rule(
        "have book schedule make get",
        rf" (?:got )?(?:an?|my|our|another|the) (?P<appointment__whole>(?:[\w'.-]+ ){{0,4}}{_VISIT}\b.*)",
    ),
    Rule(
        "=seeing",
        r" (?P<appointment__whole>(?:Dr\.?|Doctor|the|my) (?:[A-Z]\w+|doctor|dentist|therapist|vet|gp|physio|specialist)\b.*)",
    ),
    Rule("plan intend hope", r" (?:on |to |for )+(?P<plan_or_goal>(?!know|hear|see you|get|find out|be able).+)"),
    Rule("=planning =hoping =aiming =intending", r" (?:on |to |for )*(?P<plan>(?!hear|know|find out).+)"),
    Rule("want wish aim", r" to (?P<goal__ambition>.+)"),
    Rule("save", r" (?:up |money )*(?:for|to buy|to get) (?P<goal>.+)"),
    Rule("train prepare", r" (?:for|to run|to do) (?P<goal__thing>(?!your|this |that ).+)"),
    Rule("try", r" to (?P<goal__trying>.+)"),
    Rule("book", r" (?P<plan__booking>.+)", event=True),
    Rule("decide", r" to (?P<plan>.+)", event=True),
)

ROUTINE = (
    r"\b(?:every (?:single )?(?:day|morning|evening|night|week|weekend|other day|monday|tuesday|wednesday|thursday|friday|saturday|sunday|month|year|summer|winter|hour|\d+ \w+)|"
    r"(?:on )?(?:mon|tues|wednes|thurs|fri|satur|sun)days|on weekends|on weekdays|at weekends|(?:once|twice|\w+ times|\d+x) (?:a|per|every) (?:day|week|month|year)|daily|each (?:morning|day|week|evening|night)|"
    r"in the (?:mornings|evenings)|before (?:work|bed|breakfast)|after (?:work|dinner|lunch|school))\b"
)
"""A predicate in the present with one of these, or with "always" or "usually", is a routine."""

PROCEDURE = (
    r"^(?:(?:and|so|ok|okay|note|remember|tip|fyi|btw)[,:]? )?(?:"
    r"to \w+ (?:[\w' -]{2,60}?),? (?:(?:you |i |we |one )?(?:first |always |just |simply |need to |have to |must |can |should )*(?:hold|press|run|open|click|type|use|go|set|call|add|remove|turn|unplug|restart|"
    r"reset|pull|push|enter|select|choose|tap|mix|boil|preheat|heat|bake|install|delete|copy|send|check|start|stop|make|do|create|edit|update|put|take|write|ask|log|execute|export|import|build|merge|tag|switch|wait))\b"
    r"|the (?:\w+ )?(?:way|trick|steps?|procedure|process|command|recipe|method|secret)s? (?:to|for|of) .{2,60} (?:is|are)\b"
    r"|(?:when(?:ever)?|before|after|every time) (?:i|we|you) (?:deploy|release|ship|cook|bake|travel|reset|restart|build|push|commit|merge|review|back up|update|pack|leave|start)\b.{2,80}, (?:i|we|you|always|first|make sure)\b"
    r"|(?:please,? )?(?:when(?:ever)?|every time|each time|any time|if) (?:i|we) (?:ask|say|request|want|need|mention|tell|write|send|give|share|paste|upload)\b.{2,80}, (?:please )?(?:always |never |only |don'?t |you should |make sure )*[a-z]+ "
    r"|(?:our|my|the) (?:deploy(?:ment)?|release|backup|review|onboarding|build|branching|rollback|morning|bedtime|skincare|workout) (?:process|procedure|routine|workflow|checklist|policy) (?:is|consists|starts|goes|means)\b"
    r"|first,? (?:i|we|you|one)? ?\w+ .{3,120}\bthen\b"
    r")"
)
"""Sentences that tell how something is done."""

NOUNS: tuple[NounRule, ...] = (
    NounRule(
        r"(?:next |upcoming |connecting |return )*(?:flight|train|ferry|bus|trip|vacation|holiday|wedding|exam|finals?|interview|surgery|operation|move|marathon|race|conference|due date|deadline|graduation|visa appointment|concert|party|dinner|recital|rehearsal|tournament|match|performance|festival|reunion)(?: (?:to|in|from|for) .{1,40})?",
        "plan",
        "occasion",
    ),
    NounRule(
        r"(?:next |upcoming )*(?:[\w']+ ){0,2}(?:appointment|checkup|check-up|consultation|meeting|session|viewing|hearing|scan|haircut|interview|lesson)(?: (?:with|at|for) .{1,40})?",
        "appointment",
        "occasion",
    ),
    NounRule(r"plan(?:s)?(?: for .{1,40})?", "plan", "phrase"),
    NounRule(r"(?:morning|evening|daily|bedtime|workout|skincare) routine", "routine", "whole"),
    NounRule(r"(?P<x>warranty|guarantee)(?: (?:on|for|of) .{1,60})?", "warranty", "date"),
)
