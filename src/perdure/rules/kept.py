"""Which statements without a slot are still worth keeping: events, circumstances and wishes told in the first person."""

from __future__ import annotations

from collections.abc import Sequence

from perdure.rules.discourse import Discourse
from perdure.rules.grammar import Clause
from perdure.rules.lazy import any_of, rx
from perdure.rules.lexicon import KIN, KIN_PLURALS
from perdure.rules.patterns import verb_forms

_PASSING = any_of(
    r"\b(?:just (?:wanted|checking|asking|saying|curious)|let me know|talk to you|catch up|see you|your (?:help|advice|answer|suggestion|support|opinion|thoughts))\b",
    r"^(?:i|we)(?:'m| am|'re| are|'ve been| have been)? (?:looking forward|trying to (?:understand|figure|find|decide)|wondering|going to (?:try that|check|look)|so (?:happy|glad|excited) (?:for you|to hear)|proud of you|happy for you)",
    r"^(?:i|we) (?:appreciate|understand|agree|see|guess|suppose|hear|get|mean|know|believe|hope|wish|wonder|bet|doubt|need|want|asked|meant|said|told you|tried that|try|should|could|would|may|might|must|shall)\b(?! (?:to (?:learn|visit|become|travel)))",
    r"^(?:i|we) (?:can(?:'t|not)?|could(?:n't)?) (?:see|hear|wait|believe|imagine|understand|find|tell|agree|help|think|remember|get|figure|do)\b",
    r"^(?:i|we) (?:do not|don'?t|didn'?t) (?:know|think|understand|see|get|remember|believe|mean|mind|care|want|need|have (?:time|any|a))\b",
    r"^(?:i|we) (?:think|thought|feel|felt)\b",
    r"^(?:just )?got (?:it|that|you|ya)\b",
    r"^we (?:all|both) (?:have|need|should|are)\b",
    r"^(?:i|we) (?:got|have) (?:it|you|this|that|to)\b",
    r"^(?:i|we)'?(?:m| am)? (?:here|there|in|fine|ok|okay|good|done|sure|not sure)[.! ]*$",
)
_TASK = any_of(
    r"\b(?:can|could|would|will) you\b|\bhow (?:can|do|should|would) (?:i|we)\b|\bwhat (?:should|do|can|would) (?:i|we|you)\b|\bdo you (?:think|know|have)\b|\bhelp me\b|\bi need help\b|\blet me know\b",
    r"^(?:here(?:'?s| is| are)|see)\b|\b(?:so far|below|as follows|the following)[.:]?$",
    r"^(?:but |and |so |also |ok |okay )*i(?:'ve| have)? (?:also |just |already )?(?:tried|heard|included|attached|pasted|checked|read that|noticed|seen|come across|been staring|been trying|found that|got this|get this|copied|followed|ran|run the|looked)\b(?! (?:a|an|my|for a|out for)\b)",
)
"""Talk about the task at hand, as people have with an assistant: it says nothing that lasts."""
_STATES = any_of(
    r"\b(?:left|right)[- ]handed\b",
    r"\ballerg",
    r"\bborn\b",
    r"\ba (?:morning|night|cat|dog|people|private|religious|spiritual) person\b",
    r"\b(?:introvert|extrovert|veteran|immigrant|orphan|twin|only child|widow)",
    r"\b(?:retired|unemployed|self-employed|freelance|freelancing|homeschool|remote|on (?:maternity|paternity|sick|parental) leave|on (?:vacation|holiday|a diet|sabbatical)|new to|recovering|training|learning|studying|working on|writing|building|raising|"
    r"organi[sz]ing|renovating|volunteering|teaching|planning|saving|preparing|practicing|practising|taking (?:a|an|my|part)|reading|watching|seeing|staying (?:in|at|with)|living|commuting|renting|running|hosting|launching|starting|moving|"
    r"applying|expecting|caring for|dating|looking for a (?:new )?(?:job|apartment|house|flat|place|school|car|home)|looking to (?:buy|move|adopt|hire|sell|change)|in (?:my|our|his|her) (?:\d+|first|second|third|final|last|early|mid|late)|"
    r"in a (?:band|choir|league|relationship|club|wheelchair|book club)|on the (?:board|team)|in (?:charge|therapy|recovery|grad school|high school|college|debt)|responsible for|in the (?:army|navy|military|air force|process of)|between jobs|out of work|on disability|an? (?:\w+ )?(?:only child|heavy sleeper|light sleeper|morning person|vegetarian|homeowner|student|single parent|parent|smoker|non-smoker|regular|beginner|night owl|early bird|homebody))\b",
)
_KIN_WORDS = frozenset((*KIN, *KIN_PLURALS))
_TELLING_VERBS = frozenset(
    "have has own owns rent rents manage manages teach teaches coach coaches run runs lead leads pay pays owe owes earn raise raises keep keeps grow grows volunteer volunteers commute commutes share shares".split()
)
_HABITS = frozenset(
    "support run teach coach play cook bake swim paint write sing dance collect commute walk ride drive smoke drink knit garden hike volunteer sleep wear practice practise sell travel meditate "
    "attend follow work study speak live foster breed grow keep bank wear bike cycle moonlight freelance babysit tutor mentor host subscribe shop order book own rent invest vote pray fast juggle brew ferment hunt forage sew crochet teach row fish climb ski surf box lift camp draw edit publish stream invest donate homeschool".split()
)
"""Verbs whose simple present tells a habit: "I run marathons", "I support Arsenal"."""


def worth_keeping(text: str, start: int, end: int, parsed: Sequence[Clause], discourse: Discourse, *, short: bool) -> bool:
    """Whether a sentence without slots tells something that lasts: somebody in the speaker's world did, is or has something."""
    sentence = text[start:end]
    words = sentence.split()
    if len(words) < 2:
        return False
    if sentence.rstrip().endswith(":") or rx(_TASK).search(sentence):
        return False
    return any(_tells(text, clause, discourse, short=short) for clause in parsed)


def _tells(text: str, clause: Clause, discourse: Discourse, *, short: bool) -> bool:
    p, who = clause.predicate, clause.subject.who
    if p is None or clause.hedged:
        return False
    said = text[clause.subject.span[0] if not clause.inherited else clause.start : clause.end].strip()
    if (len(said.split()) < 3 and not (len(said) > 12 and p.be and rx(_STATES).search(said))) or (
        "\ufffc" in said and len(said.strip("\ufffc ").split()) < 3
    ):
        return False
    if who in ("self", "we"):
        if p.head != "have_to" and rx(_PASSING).search(said):
            return False
        return _first_person(text, clause, short=short)
    if who == "thing":
        return (
            clause.subject.owner != "the"
            and clause.subject.owner_who != "pronoun"
            and not rx(
                r"\b(?:question|point|guess|opinion|idea|bad|mistake|apologies|favorite part|thoughts|concern|only|understanding|(?<!\w )code|essay|query|prompt|request|problem|answer|request)\b"
            ).search(clause.subject.noun)
        )
    if who == "kin":
        return clause.subject.owner_who == "self" and not clause.inherited and p.tense != "modal"
    if who == "name":
        known = clause.subject.name.casefold() in discourse.known
        return known and p.tense in ("past", "perfect", "past_perfect", "progressive", "future") and (p.head in verb_forms() or p.be)
    if who == "pronoun":
        return (
            clause.subject.name in ("he", "she")
            and bool(discourse.pronoun(clause.subject.name))
            and p.tense in ("past", "perfect", "future")
            and p.head in verb_forms()
        )
    return False


def _first_person(text: str, clause: Clause, *, short: bool) -> bool:
    p = clause.predicate
    if p is None:
        return False
    rest = text[p.start : p.end]
    if short:
        return True
    if clause.subject.span[0] == clause.subject.span[1] and len(rest.split()) < 3:
        return False
    if p.tense in ("past", "past_perfect", "perfect") and not p.be:
        return p.head in verb_forms() or p.head.endswith("ed")
    if rx(r"\b(?:until|till)\b").search(rest) and not p.negated and p.tense == "present":
        return True
    if p.be:
        if "never" in text[clause.start : p.start].lower() and p.tense in ("perfect", "past"):
            return True
        if rx(_STATES).search(rest) or (p.head in ("in", "at") and rx(r"\w+ (?-i:[A-Z])").match(rest)):
            return True
        return p.tense in ("past", "perfect") and len(rest.split()) >= 4 and not p.negated
    if p.head in ("rather", "prefer") or ("never" in text[clause.start : p.start].lower() and p.tense == "perfect"):
        return True
    if p.head == "have_to":
        return rx(r"\b(?:before|by|until|next|tomorrow|on) \w").search(rest) is not None and len(rest.split()) > 3
    if p.tense == "present" and p.head in _HABITS and not p.be and len(rest.split()) >= 2:
        return not rx(r"\w+ (?:it|this|that|you|your|to|for you)\b").match(rest)
    if p.tense == "modal":
        return "'d rather" in text[clause.start : p.start + 6].lower() or (p.can and len(rest.split()) > 2)
    if p.tense == "future":
        return rx(r"\b(?:next|tomorrow|in \d{4}|on \w+day|this (?:year|summer|winter|weekend))\b").search(rest) is not None
    if p.head in _TELLING_VERBS:
        return len(rest.split()) >= 3 and not rx(
            r"\w+\s+(?:an? )?(?:question|idea|feeling|doubt|to\b|no idea|fun|time|some time|it\b|that\b)"
        ).match(rest)
    if not _KIN_WORDS.isdisjoint(rest.lower().split()) and rx(r"\bmy\b|\bour\b").search(rest) and p.head in verb_forms():
        return True
    return (
        p.tense == "present"
        and p.head in verb_forms()
        and len(rest.split()) >= 4
        and not p.negated
        and bool(p.adverbs & {"always", "usually", "never", "often", "only"})
    )
