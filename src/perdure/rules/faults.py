"""What is wrong with a thing, what put it right, and until when it is under warranty.

User -owns-> device -has_issue-> issue -solved_by-> solution: the chain is told over several messages, so these readings
need to know which device and which issue were spoken of last.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from perdure.rules.lazy import rx
from perdure.rules.lexicon import CAR_BRANDS, CAR_NOUNS, DEVICE_NOUNS, HOME_NOUNS, NOT_NAMES, PRODUCT_CLASS
from perdure.rules.spans import Span, thing, trim, words_end
from perdure.rules.values import date

_ADVERB = r"(?:(?:just|always|constantly|randomly|suddenly|recently|also|now|really|still|often|sometimes|frequently|again|has|have|had|is|was|been|'s|badly|completely|totally|seems to|started to|started|starts|begun to|began to|has been|occasionally|only|even|gets|got|keeps?|kept|keep|super|very|so|too|extremely|way too|quite|pretty|a bit|not) )*"
_BAD_VERB = (
    r"overheat(?:s|ed|ing)?|crash(?:es|ed|ing)?|fr(?:eeze|eezes|oze|eezing|ozen)|flicker(?:s|ed|ing)?|leak(?:s|ed|ing|y)?|lag(?:s|ged|ging)?|glitch(?:es|ed|ing|y)?|malfunction(?:s|ed|ing)?|"
    r"stutter(?:s|ed|ing)?|rattl(?:es?|ed|ing)|squeak(?:s|ed|ing)?|squeal(?:s|ed|ing)?|stall(?:s|ed|ing)?|jam(?:s|med|ming)?|br(?:oke|eaks|eaking|oken)(?: down)?|die[sd]?|dying|dead|fail(?:s|ed|ing)?|"
    r"crack(?:ed|s)?|shattered|bricked|noisy|slow|unresponsive|swollen|defective|faulty|damaged|clogged|laggy|buggy|corrupted|stuck|hot|overheated|disconnect(?:s|ed|ing)?|drop(?:s|ped|ping)?(?! off| by)|"
    r"restart(?:s|ed|ing)|reboot(?:s|ed|ing)|shut(?:s|ting)? (?:down|off|itself)|turn(?:s|ed|ing) (?:itself )?off|los(?:es|ing|t) (?:power|signal|connection|charge|suction|pressure)|drain(?:s|ed|ing)?|beep(?:s|ed|ing)|smok(?:es|ed|ing)|"
    r"hang(?:s|ing)?|hung|blink(?:s|ing)|stopped (?:working|charging|responding|heating|cooling|printing|turning|booting|connecting|syncing|spinning|draining)|quit working|mak(?:es|ing) (?:a |an )?(?:\w+ )?(?:noises?|sounds?)|"
    r"g(?:ives|iving|ave) (?:me )?(?:an? )?(?:\w+ )?error|show(?:s|ing) (?:a |an )?(?:\w+ )?(?:error|blue|black|lines)|runs? (?:hot|slow|very slow(?:ly)?)|acts? up|acting up|misbehav(?:es|ing)|smells? (?:burnt|burned|of burning)"
)
_BAD = (
    rf"(?:{_ADVERB}(?:{_BAD_VERB})\b(?! (?:course|down on))|(?:won'?t|will not|doesn'?t|does not|can'?t|cannot|didn'?t|isn'?t|is not|hasn'?t) (?:\w+ )?(?:start|boot|charge|charging|turn on|turn off|turn|connect|connecting|open|print|printing|drain|respond|responding|load|loading|sync|syncing|"
    r"spin|heat|heating|power on|power|work|working|pair|update|install|cool|flush|close|detect|recognize|wake up|hold a charge)\b|keeps? (?:on )?\w+ing\b|"
    r"(?:has|had|'s got|has got|is having|keeps having) (?:a |an |some |constant |serious |bad )*(?:\w+ ){0,2}(?:problems?|issues?|crack|leak|dead pixels?|glitch|bug|fault|battery drain|lag|dents?|flat (?:tire|tyre|battery))\b)"
)
_TAIL = r"[,;:.!?()\n\ufffc]|\s+(?:when(?:ever)?|since|every|each|and|but|so|because|after|while|if|during|on|as soon as|under|at|lately|recently|yesterday|today|again|last|for|this|a lot|all the time|constantly|even|until|in the|these days|right)\b"
_POSSESSED = r"(?:my|our|the|this|his|her)\s+(?P<np>(?:[\w'&/+.-]+\s+){1,6}?)"
_SOLVED = (
    r"(?P<by>[^,;:.!?\n\ufffc][^;:!?\n\ufffc]{2,120}?)\s+(?:(?:has|have|had|finally|just|also|really|did|actually|seems? to have|totally|completely|apparently|immediately|eventually|luckily|definitely|what|that|and that|which) )*"
    r"(?:fixed|solved|resolved|cured|sorted(?: out)?|stopped|did the trick(?: for)?|got rid of|took care of)(?=\W|$)(?P<what>[^.!?;\n]{0,100})"
)
_SOLUTION_IS = (
    r"(?:(?:it |this |that |the (?:problem|issue|cause|culprit|error) )?turned out (?:to be|that it was|it was|that|it needed)|(?:the|my) (?:solution|fix|answer|cure|culprit|root cause|cause|problem|issue) (?:was|turned out to be|is)|"
    r"what (?:fixed|solved|helped|worked|did it)(?: (?:it|for me|in the end))? (?:was|is)|(?:i|we|they|he|she|support|the (?:technician|mechanic|shop|repair (?:shop|guy))) (?:\w+ )?(?:fixed|solved|resolved|repaired) (?:it|this|that|the [\w ]{2,40}?|my [\w ]{2,40}?|our [\w ]{2,40}?) (?:by|with)|"
    r"(?:(?:it|this|that|the (?:problem|issue)) )?(?:was|is|got|has been|'s been) (?:finally |now )?(?:fixed|solved|resolved|repaired) (?:by|with|after|thanks to)|(?:fixed|solved|resolved) (?:it |this |that )?(?:by|with)|(?:and|then) (?:it )?(?:was )?(?:fixed|solved) by)\s+(?P<by>.+)"
)
_SOLVING_WORD = r"\b(?:turned out|fix\w*|solv\w+|solution|resolv\w+|repaired|cured?|sorted|stopped|did the trick|got rid|took care|answer|culprit|cause|problem|issue|helped|worked|did it|gone|disappeared|vanished)\b"
"""Cheap to look for, and one of them is in every sentence that says what solved something."""
_WARRANTY = (
    r"(?:(?:warranty|guarantee)(?: (?:on|for|of) (?:my |the |our )?(?P<dev>[\w' .-]{2,50}?))?(?:,? (?:which|that))? (?:is |was |has been )?(?:(?:still |only |now )*(?:runs?|lasts?|expires?|expired|ends?|ended|good|valid|active|until|through|up|extended|covers?|goes|ran|run) ?)+"
    r"(?:me |it |out |(?:in|on|at|until|till|through|to|up to|by) )*|(?:under|in|out of) warranty (?:until|till|through|since) |warranty(?:[ _](?:until|end|expiry|expires|valid until|expiration(?: date)?|end date))?\s*[:=]\s*)(?P<rest>.{2,40})"
)
_NOT_SOLVED = r"\b(?:not|never|won'?t|will|would|should|might|may|could|can|try|nothing|hope|hoping|if|didn'?t|hasn'?t|haven'?t|doesn'?t|nobody|none|to|who|what|once|i|we|they|he|she|you|until)$|n't\b|\b(?:nothing|nobody|none of|should|would|might|could|if|hopefully|maybe|not sure|try)\b"


@dataclass(frozen=True, slots=True)
class Fault:
    """`device` is the span of the noun phrase ("Dell XPS 15"; None after "it"), `issue` that of the trouble."""

    device: Span | None
    issue: Span


@dataclass(frozen=True, slots=True)
class Warranty:
    """`device` is the span of what is under warranty, if it is said; `until` that of the date."""

    device: Span | None
    until: Span


def find_fault(text: str, start: int, end: int) -> Fault | None:
    """Reads "My Dell XPS overheats when I compile", "it won't start"; only things that are known to break."""
    m = rx(rf"(?:^|(?<=\W)){_POSSESSED}(?P<bad>{_BAD})").search(text, start, end)
    if m and breakable(m.group("np")):
        a = m.start("np")
        b = words_end(text, m.end("bad"), end, _TAIL)
        issue = trim(text, a, min(b, m.end("bad") + 40))
        device = trim(text, *m.span("np"))
        if issue and device:
            d0, d1 = device[0]
            apostrophe = text.find("'s", d0, d1)
            return Fault((d0, apostrophe if apostrophe > 0 else d1), issue[0])
    m = rx(
        rf"(?:(?:and|but|now|so|lately|then|also|yesterday|today|recently|since then),? )*(?:it|she|he)(?:\s+|(?='s))(?P<bad>{_BAD})"
    ).match(text, start, end)
    if m:
        b = words_end(text, m.end("bad"), end, _TAIL)
        issue = trim(text, m.start("bad"), min(b, m.end("bad") + 40))
        return Fault(None, issue[0]) if issue else None
    m = rx(
        r"\b(?:i|we)(?:'m| am|'ve| have|'re| are)?(?: been)? (?:having|had|have|got|experiencing|facing|seeing|keep having|keep getting) (?P<bad>(?:an? |some |a lot of |serious |constant |weird )*(?:\w+ ){0,2}?"
        r"(?:problems?|issues?|trouble|errors?|crashes|bugs?)) (?:with|on) (?:my|our|the) (?P<np>[\w' .-]{2,50})"
    ).search(text, start, end)
    if m and breakable(m.group("np")):
        device = thing(text, m.start("np"), end)
        if device:
            issue = trim(text, m.start("bad"), device[0][1])
            return Fault(device[0], issue[0])
    return None


_ACTED = (
    r"\b(?:i|we) (?:(?:just|finally|then|have|had|also|recently|eventually) )*(?P<verb>\w+ed|bought|got|put|ran|reset|set|cut|took|found|gave|did) (?P<what>[^;:.!?\n]{3,90}?|[^;:!?\n]{3,90}?),? (?:and |but )?(?:that|which|this|it|doing (?:that|so))"
    r"(?: (?:has|had|finally|just|really|also|seems to have|actually|immediately|completely))* (?:fixed|solved|resolved|cured|sorted|stopped|did the trick|helped|worked|did it)\b(?P<rest>[^.!?;\n]{0,60})"
)
_PUT_IN = frozenset("installed applied used tried bought got added downloaded ordered flashed found enabled".split())
"""What was done to a thing that is itself the solution: of "I installed BIOS v2.3" it is the BIOS, of "I cleaned the fan" the cleaning."""
_PUT_RIGHT = r"\b(?:fixed|solved|resolved|cured|stopped|got rid of|sorted out|took care of|eliminated|ended) "


def find_solved(text: str, start: int, end: int) -> Fault | None:
    """Reads the trouble in "… solved the overheating of my Dell XPS 15", "… fixed my printer's paper jams"."""
    m = rx(
        rf"{_PUT_RIGHT}(?:(?:the|that|this|all the|my) (?P<issue>(?!problem\b|issue\b|trouble\b)[\w' -]{{3,50}}?) (?:of|on|with|in|from|for) (?:my|our|the) (?P<np>[\w' .-]{{2,50}})|(?:my|our|the) (?P<np2>[\w .-]{{2,50}}?)'s (?P<issue2>[\w -]{{3,50}}))"
    ).search(text, start, end)
    if m is None:
        return None
    suffix = "2" if m.group("np2") else ""
    device = thing(text, m.start("np" + suffix), m.end("np2") if suffix else end)
    issue = trim(text, m.start("issue" + suffix), words_end(text, m.start("issue" + suffix), m.end("issue" + suffix), _TAIL))
    if not device or not issue or not breakable(text[device[0][0] : device[0][1]]):
        return None
    return Fault(device[0], issue[0])


def find_solution(text: str, start: int, end: int, *, open_issue: bool) -> Span | None:
    """What put it right: "BIOS update v2.3 fixed it", "turned out to be a blocked filter"."""
    if rx(_SOLVING_WORD).search(text, start, end) is None:
        return None
    m = rx(_SOLUTION_IS).search(text, start, end)
    if m and (open_issue or "fix" in m.group().lower() or "sol" in m.group()[:40].lower()):
        if rx(r"(?:n't|not|never|if|will|should|would|might|hope\w*|maybe)\b[^,;]{0,30}$").search(text, start, m.start() + 1) or rx(
            r"(?:that )?(?:i|we|he|she|they|you|fine|ok|okay|great|good|well|not)\b"
        ).match(text, m.start("by"), end):
            return None
        spans = (
            thing(text, m.start("by"), end)
            if text[m.start("by") :][:2].lower() in ("a ", "an") or text[m.start("by") :][:4].lower() == "the "
            else _action(text, m.start("by"), end)
        )
        return spans[0] if spans else None
    m = rx(_ACTED).search(text, start, end)
    if m and (open_issue or rx(r"\s*(?:it|this|that|the|my|our|everything|all)\b").match(m.group("rest"))):
        if rx(r"(?:n't|not|never|if|would|might|hope\w*|maybe)\b[^,;]{0,30}$").search(text, start, m.start("what")):
            return None
        if m.group("verb").lower() in _PUT_IN:
            spans = thing(text, *m.span("what")) or trim(text, *m.span("what"))
        else:
            spans = trim(text, m.start("verb"), m.end("what"))
        return spans[0] if spans else None
    m = rx(
        r"(?:^|\b(?:i|we) (?:just |finally |then )*|[,.;] )(?P<by>(?:updat|upgrad|install|replac|reset|restart|reboot|clean|chang|switch|remov|swapp|tighten|disabl|enabl|clear|unplugg)\w*\b[^,;.!?]{2,60}(?:\.\d+)*)(?:, | and |; )(?:and |so )?(?:now )?(?:the|my|that|all the) [\w ]{3,40}? (?:is|are|has|have|was|were)(?: now| finally| been)* (?:gone|fixed|solved|resolved|stopped|disappeared|vanished)\b"
    ).search(text, start, end)
    if m:
        spans = trim(text, *m.span("by"))
        return spans[0] if spans else None
    m = rx(_SOLVED).search(text, start, end)
    if m:
        what = m.group("what").lower()
        if not (open_issue or rx(r"\s*(?:it|this|that|the|my|our|everything|all)\b").match(what)) or rx(_NOT_SOLVED).search(m.group("by")):
            return None
        if "stopped" in m.group()[len(m.group("by")) : len(m.group("by")) + 30] and not rx(r"\s*(?:the|it from|my|that)\b").match(what):
            return None
        return _solver(text, *m.span("by"))
    if open_issue:
        m = rx(
            r"(?P<by>[^,;:.!?\n]{3,80}?) (?:really |finally |actually |did |seems to have |has )*(?:helped|worked|did it)(?: (?:great|perfectly|like a charm|for me|in the end))?[.! ]*$"
        ).search(text, start, end)
        if m and not rx(_NOT_SOLVED).search(m.group("by")):
            return _solver(text, *m.span("by"))
    return None


def find_warranty(text: str, start: int, end: int) -> Warranty | None:
    """Until when something is under warranty."""
    m = rx(_WARRANTY).search(text, start, end) if rx(r"warrant|guarantee").search(text, start, end) else None
    if m is None or rx(r"\b(?:no|isn'?t|not)\b[^.]{0,20}$").search(text, start, m.start()):
        return None
    until = date(text, m.start("rest"), end)
    if not until:
        return None
    device = trim(text, *m.span("dev")) if m.group("dev") else []
    if not device:
        owned = rx(r"(?:my|our|the) (?P<np>[\w .-]{2,40}?)(?:'s (?:\w+ )?warranty| (?:is|has|comes|came|was|are)\b)").search(
            text, start, m.end()
        )
        device = trim(text, *owned.span("np")) if owned and breakable(owned.group("np")) else []
    return Warranty(device[0] if device else None, until[0])


def breakable(noun: str) -> bool:
    """Whether a noun phrase names a thing that breaks: a device, a car, a household appliance, a product by name."""
    words = noun.casefold().replace("'s", "").replace("-", " ").split()
    return any(w in DEVICE_NOUNS or w in HOME_NOUNS or w in CAR_NOUNS or w in CAR_BRANDS or w in PRODUCT_CLASS for w in words)


@lru_cache(maxsize=8192)
def device_class(noun: str) -> str:
    """Reads "laptop" for "Dell XPS 15" and for "work laptop"; "" when unknown."""
    words = noun.casefold().replace("'s", "").split()
    for w in words:
        if w in PRODUCT_CLASS:
            return PRODUCT_CLASS[w]
    for w in reversed(words):
        if w in DEVICE_NOUNS or w in HOME_NOUNS or w in CAR_NOUNS:
            return w
    return "car" if any(w in CAR_BRANDS for w in words) else ""


def _action(text: str, start: int, end: int) -> list[Span]:
    return trim(
        text,
        start,
        min(
            words_end(text, start, end, r"[;:!?\n()]|\.(?:\s|$)|,? (?:and now|but|so|which|and (?:it|everything))\b|, "),
            start + 90,
        ),
    )


def _solver(text: str, start: int, end: int) -> Span | None:
    """The subject of "fixed it" without what introduces it."""
    lead = rx(
        r"(?:(?:and|but|so|then|ok|okay|yes|yeah|update|good news|great news|fyi|btw|turns out|it turns out|thanks|thank you|luckily|finally|in the end|eventually|apparently|actually|for me|yesterday|today|"
        r"i think|it seems|looks like|the tech support|correction)\b[\s,:!-]*)*(?:that |the |a |an |my |this |your |our )?"
    ).match(text, start, end)
    at = lead.end() if lead else start
    comma = text.rfind(", ", at, end)
    if comma > 0 and rx(r"(?:yesterday|last|after|on|in|when|today|finally|as|since)\b").match(text, at, end):
        at = comma + 2
        article = rx(r"(?:the|a|an|my|your) ").match(text, at, end)
        at = article.end() if article else at
    spans = trim(text, at, end)
    if not spans or (len(text[spans[0][0] : spans[0][1]].split()) == 1 and text[spans[0][0] : spans[0][1]].casefold() in NOT_NAMES):
        return None
    if (
        rx(r"(?:it|that|this|which|he|she|they|i|we|you|nothing|who|everything|there|what)\b").match(text, *spans[0])
        or len(text[spans[0][0] : spans[0][1]].split()) > 14
    ):
        return None
    return spans[0]
