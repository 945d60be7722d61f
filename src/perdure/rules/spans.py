"""Where a stretch of words ends: phrases, noun phrases and lists of them, without the time they end in.

Everything takes a text and a span in it and returns spans, so a value is always the speaker's own letters.
"""

from __future__ import annotations

from collections.abc import Iterator

from perdure.rules.lazy import rx
from perdure.rules.lexicon import MONTHS, NOT_NAMES, NUMBERS, WEEKDAYS

Span = tuple[int, int]


TIME = (
    r"(?:[\s,(]+|^)(?:(?:over|during|throughout) (?:the |our |my |this |last |these )*(?:[\w-]+ )?(?:weekend|holidays?|break|season|vacation|summer|winter|spring|autumn|fall|years?|months?|weeks?|days|pandemic|war|lockdown)\b|(?:just |only |about |around |almost |nearly |over |more than |every single |back )*"
    r"(?:last|next|this|the past|the last|every|each) (?:\w+ )?(?:night|week|weekend|month|year|day|morning|evening|afternoon|summer|winter|spring|fall|autumn|decade|time|quarter|century|semester|"
    rf"{WEEKDAYS}s?|{MONTHS})\b|yesterday|today|tomorrow|tonight|recently|lately|nowadays|these days|currently|right now|just now|at the moment|for now|now\b|already|again\b|anymore|any more|any longer|"
    r"after all|as well|too\b|though\b|either\b|at all|a lot\b|very much|so much|the most|more than anything|with a passion|to bits|to death|instead|btw|lol|haha|once (?:a|per|every)|twice|three times|"
    rf"(?:since|until|till|before|after|by|during|from|as of|starting|beginning|in|on|at|around|for)[\s]+(?:the |early |late |mid |mid-|about |around |over |almost |nearly |more than |end of |beginning of |past |last |next |this |then |only )*"
    rf"(?:\d{{4}}\b|{MONTHS}(?![a-z])|{WEEKDAYS}s?\b|\d{{1,2}}(?:st|nd|rd|th)?(?: of)? {MONTHS}(?![a-z])|\d{{1,2}}(?::\d\d)? ?(?:am|pm|a\.m|p\.m|o'clock)|noon|midnight|christmas|easter|new year|"
    rf"{NUMBERS}(?: more)? (?:seconds?|minutes?|hours?|days?|weeks?|weekends?|months?|years?|decades?|semesters?)\b|yesterday|today|tomorrow|tonight|now\b|childhood|weekends?\b|weekdays|mornings?\b|evenings?\b|nights?\b|"
    r"(?:winter|summer|spring|autumn|fall)\b|(?:week|month|year|weekend|day|quarter|decade|pandemic)\b|q[1-4]\b|a while|ages|(?:my )?(?:whole |entire )?life\b|as long as|i\b|we\b|graduat|birth|the age of|covid|lockdown|ever\b|good\b|sure\b|\d{1,2}/\d{1,2})|"
    rf"(?:about |around |over |almost |nearly |just |like |exactly )*{NUMBERS} (?:seconds?|minutes?|hours?|days?|weeks?|months?|years?|decades?) (?:ago|back|from now|each|every|a )|when\b|whenever\b|while\b|because\b|cause\b|cuz\b|so (?:that|i|we|far)\b|but\b|if\b|although\b|even though\b|except\b|thanks to\b|due to\b|despite\b)"
)


CLAUSE = r"[;:()\n\r!?]|,?\s+(?:which|who|whose|where|and (?:i|we|my|he|she|they|it|our|then|now|that|am|is|was|have|has)\b(?!'s name)|but|so|because|then)\b|\s+[-–—]+\s+|—|(?<!\bSt)(?<!\bDr)(?<!\bMt)(?<!\bMr)(?<!\bMrs)(?<!\bMs)\.(?:\s|$)|\ufffc"


_NP_END = (
    r"\s+(?:and|or|with|for|as|from|during|at|in|on|to|by|near|that|than|since|into|about|through|via|over|under|right|just|like|"
    r"is|was|are|were|has|have|had|he|she|they|i|we|it|named|called|back|together|full[- ]time|part[- ]time|fully|remotely|living|working|studying|based|of mine)\b|,"
)


_DETERMINER = r"(?:(?:a bit of|a little bit of|a little|a few|a|an|the|my|our|some|any|all|most|this|these|those|his|her|their|another|every|each|both|lots of|a lot of|such|kinda|quite|really|very|brand[- ]?new|used|second[- ]hand|new|also|especially|mainly|mostly|particularly|either|probably|maybe|definitely|i think|it's|its|about|around|roughly|approximately|currently|now|just|actually|only|a pair of|one|two)\s+)+"


_LIST = r"\s*(?:,\s*(?:and|or|but also|plus)?|\s(?:and|or|as well as|plus)\s(?:also\s)?|\s?&\s?)\s*"


def words_end(text: str, start: int, end: int, *patterns: str) -> int:
    """The first position at or after `start` where one of the patterns begins, else `end`."""
    for pattern in patterns:
        m = rx(pattern).search(text, start, end)
        if m:
            end = m.start()
    return end


def trim(text: str, start: int, end: int) -> list[Span]:
    """The span without edge blanks and punctuation; no span when nothing is left."""
    while start < end and (text[start].isspace() or text[start] in ",.;:!?\"'()[]-–—*_~“”„…`"):
        start += 1
    while end > start and (text[end - 1].isspace() or text[end - 1] in ",;:!?\"'([-–—*_~“”„…`。，！、।।" or text[end - 1] == "."):
        if text[end - 1] == "." and rx(r"\b(?:[A-Z]\.){2,}$", 0).search(text, start, end):
            break
        end -= 1
    if end > start and text[end - 1] == ")" and "(" not in text[start:end]:
        return trim(text, start, end - 1)
    return [(start, end)] if end > start and any(c.isalnum() for c in text[start:end]) else []


def phrase(text: str, start: int, end: int) -> list[Span]:
    """A stretch of words to the end of the clause, without the time it ends in; at most 120 characters."""
    end = words_end(text, start, end, CLAUSE, TIME)
    spans = trim(text, start, min(end, start + 120))
    return [s for s in spans if s[1] - s[0] > 2]


def whole(text: str, start: int, end: int) -> list[Span]:
    """A stretch of words to the end of the clause, with its time; at most 140 characters."""
    return trim(
        text,
        start,
        min(
            words_end(
                text,
                start,
                end,
                r"[;()\n\r!?\ufffc]|,? (?:but|so|because|which)\b|(?<!\bDr)(?<!\bMr)(?<!\bMs)(?<!\bMrs)(?<!\bSt)(?<!\bProf)\.(?:\s|$)|, ",
            ),
            start + 140,
        ),
    )


def thing(text: str, start: int, end: int) -> list[Span]:
    """One noun phrase without its article."""
    end = words_end(text, start, end, CLAUSE, TIME)
    m = rx(_DETERMINER).match(text, start, end)
    start = m.end() if m else start
    end = words_end(text, start, end, _NP_END)
    return checked(text, start, end, limit=7)


def things(text: str, start: int, end: int) -> list[Span]:
    """A list of things: "peanuts, shellfish and eggs"; prepositions may be part of one ("hiking in the Alps")."""
    end = words_end(
        text,
        start,
        end,
        CLAUSE,
        TIME,
        r",?\s+(?:over|more than|rather than|instead of|with my|together with|especially|as long as|like)\b",
    )
    out: list[Span] = []
    for a, b in parts(text, start, end):
        if rx(_NOT_A_THING).search(text, a, b) or (rx(r"\s*the\s+(?=[a-z])", 0).match(text, a, b) and not rx(_KNOWN_THE).match(text, a, b)):
            continue
        m = rx(_DETERMINER).match(text, a, b)
        out += checked(text, m.end() if m else a, b, limit=8)
    return out[:12]


DEICTIC = r"\b(?:it|this|that|these|those|them|you|your|him|her|his|their|its|he|she|they|something|anything|everything|things|more)\b"
"""Words that point at something said before: a value with one of them means nothing by itself."""


_KNOWN_THE = (
    r"\s*the\s+(?:beach|ocean|sea|mountains?|outdoors|rain|snow|winter|summer|autumn|fall|spring|cold|heat|sun|dark|night|city|countryside|forest|woods|piano|guitar|violin|drums|cello|flute|theat(?:er|re)|cinema|gym|opera|ballet|"
    r"movies|internet|news|arts|holidays|mornings?|smell of|taste of|sound of|texture of|idea of|color \w+|colour \w+|\w+ (?:series|trilogy|books|films|movies|games?|band|show))\b"
)
"""What "the" may introduce without pointing at something in the room."""


_NOT_A_THING = rf"{DEICTIC}(?! (?:music|food))|\b(?:would|is|are|was|were|has|have|can|could|will|makes?|reminds?|helps?|lets?)\b|^\s*(?:not|how|when|what|that|if|so|try|the (?:idea|way|fact|part|first|last|same|rest|feeling|vibe|look|sound))\b"


def parts(text: str, start: int, end: int) -> Iterator[Span]:
    """The members of a list: "peanuts, shellfish and eggs"."""
    at = start
    for m in rx(_LIST).finditer(text, start, end):
        if m.start() > at:
            yield at, m.start()
        at = m.end()
    yield at, end


_EMPTY = frozenset(
    "it them that this those these one ones him her me you us there here something anything nothing everything someone anyone everyone stuff things thing lot "
    "much more most so to of the a an my being having all both no not none idea way what how when how much kind sort mine yours same be do been".split()
)


def checked(text: str, start: int, end: int, *, limit: int) -> list[Span]:
    """The trimmed span unless it is empty of meaning, begins like a clause, or is too long to be a thing."""
    for a, b in trim(text, start, end):
        words = text[a:b].casefold().split()
        if (
            len(words) > limit
            or (words[0] in _EMPTY and not (words[0] == "being" and len(words) > 2))
            or words[0] in _LINKS
            or (len(words) == 1 and (words[0] in NOT_NAMES and words[0] not in _REAL_THINGS))
        ):
            return []
        return [(a, b)]
    return []


_LINKS = frozenset("for with in on at from by about like i we i'm we're and or but than as if because into onto".split())


_REAL_THINGS = frozenset(
    "work dinner lunch breakfast music food money school college english german spanish french italian christmas easter love life time".split()
)
