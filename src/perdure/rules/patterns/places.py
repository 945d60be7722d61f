"""Where people live, go, and are from."""

from __future__ import annotations

from perdure.rules.patterns.base import NounRule, Rule

_HOW = r"(?:(?:now|currently|right|back|just|mostly|still|permanently|temporarily|here|over|out|down|up|away|together|alone|near|happily|officially|all the way|recently) )*"

RULES: tuple[Rule, ...] = (
    Rule("live reside dwell", rf" {_HOW}(?:in|near|outside|around) (?P<lives_in>.+)"),
    Rule("live", r" and (?:work|study|works|studies) (?:in|near) (?P<lives_in>.+)"),
    Rule("=based =located =settled", rf" {_HOW}(?:in|near|out of|outside) (?P<lives_in>.+)"),
    Rule("=in =on", r" (?:the )?(?P<timezone__tz>(?:[A-Z]\w+(?:/\w+)?|UTC ?[+-]?\d*|GMT ?[+-]?\d*)(?: time ?zone| time)\b)", needs="be"),
    Rule("=resident", r" (?:of|in) (?P<lives_in>.+)"),
    Rule("=a =an", r" (?:long-?time |permanent )?resident of (?P<lives_in>.+)", needs="be"),
    Rule("move relocate", rf" {_HOW}(?:house )?from (?P<end_lives_in>.+?) to (?P<lives_in>.+)", event=True),
    Rule("move relocate", rf" {_HOW}(?:in )?(?:to|into) (?P<lives_in>.+?) from (?P<end_lives_in>.+)", event=True),
    Rule("move relocate emigrate immigrate", rf" {_HOW}(?:back |home )?(?:to|into) (?P<lives_in>.+)", event=True),
    Rule("move", rf" {_HOW}(?:out of|away from|out from|from) (?P<end_lives_in>.+)", event=True),
    Rule("settle", r" (?:down )?in (?P<lives_in>.+)", event=True),
    Rule("leave", r" (?P<end_lives_in>.+?) (?:and moved to|for) (?P<lives_in__proper_place>.+)", event=True),
    Rule("=to", r" (?P<travel__proper_place>.+)", event=True, needs="be", kind="episodic"),
    Rule("visit", r" (?P<travel__proper_place>.+)", event=True, kind="episodic"),
    Rule(
        "travel fly",
        rf" {_HOW}(?:around |through |across |to |in |from .+? to )(?P<travel__proper_place>.+)",
        event=True,
        kind="episodic",
    ),
    Rule(
        "go",
        r" (?:to |on (?:a |an |our |my )?(?:\w+ )?(?:trip|holiday|vacation|honeymoon|cruise|safari|pilgrimage) (?:to|in|through) |(?:\w+ing )(?:in|to|around|through) )(?P<travel__proper_place>.+)",
        event=True,
        kind="episodic",
    ),
    Rule("spend", r" (?:[\w' ]{2,30}) (?:in|at) (?P<travel__proper_place>.+)", event=True, kind="episodic"),
    Rule(
        "=back",
        r" from (?:(?:a|my|our) (?:\w+ )?(?:trip|holiday|vacation) (?:to|in) )?(?P<travel__proper_place>.+)",
        needs="be",
        kind="episodic",
    ),
)

NOUNS: tuple[NounRule, ...] = (
    NounRule(r"(?:home |current |mailing |shipping |postal |street |new |work |delivery )?address", "address", "address"),
    NounRule(r"(?:home |current |new )(?:city|town|place)|city|place of residence|residence", "lives_in", "place"),
    NounRule(r"(?:local )?time ?zone", "timezone", "exact"),
)
