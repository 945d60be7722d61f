"""What is over: couples that part, companions that die, statements taken back. Sentences whose point is an end."""

from __future__ import annotations

from perdure.rules.builder import Builder
from perdure.rules.grammar import NAME, kin_pattern
from perdure.rules.lazy import rx
from perdure.rules.lexicon import KIN, KIN_PLURALS, NOT_NAMES
from perdure.rules.values import cut

_PARTED = (
    r"(?:(?:have|had|has|'ve|are|were|'re|just|finally|recently|sadly|officially|now|both|decided to|then|also|amicably) )*"
    r"(?:(?:broke|broken|break|split|splitting) up\b(?! (?:the|a|an|our|into|his|her|their|fights?)\b)|split\b(?! (?:the|a|an|our|it|up|everything|between|rent|bills?|costs?|chores|into|\d|half)\b)|separated\b(?! (?:the|our|eggs?|his|her|their)\b)|part(?:ed)? ways\b|(?:got |gotten )?divorced\b|(?:got |filed for )(?:a )?divorce\b|"
    r"no longer (?:together|a couple|dating|seeing each other|married|engaged|an item)\b|(?:not|aren't|weren't) (?:together|a couple|dating|married|engaged)(?: any ?more| any longer| now)\b|"
    r"don't (?:date|see each other) any ?more\b|ended (?:it|things|our (?:relationship|marriage|engagement))\b|called (?:it quits|off (?:the|our) (?:engagement|wedding))\b)"
)
_COUPLE = r"(?:(?:my|our) {kin}(?:,? (?P<kin_name>{name}),?)? and i\b|(?P<name>{name}) and i\b|(?:me|i) and (?:(?:my|our) {kin2}(?:,? (?P<kin_name2>{name}),?)?|(?P<name2>{name}))|we(?= |'))"
_COMPANIONS = ("partner", "spouse")
_DIED = r"\b(?:died|passed(?: away| on)?(?=[\s.,!]|$)|is (?:dead|gone|no longer with us)|was (?:put (?:down|to sleep)|euthani[sz]ed)|crossed the rainbow bridge|ran away|didn't make it)"
_PUT_DOWN = r"\b(?:put|putting|lost|lose|gave away|rehomed|re-homed|gave up|buried|sa(?:y|id) goodbye to)(?: down)?(?: to sleep)?\s+$"
BLOOD = frozenset(("child", "parent", "sibling", "relative"))
"""Kin one keeps, also when they are dead."""


def parted(b: Builder, start: int, end: int) -> None:
    """Reads "Paul and I broke up", "my husband and I got divorced": the partner or spouse is one no more."""
    if rx(r"\b(?:and i|i and|me and|we)\b").search(b.text, start, end) is None:
        return
    kin = kin_pattern()
    second = kin.replace("(?P<ex>", "(?:").replace("(?P<kin>", "(?P<kin2>")
    m = rx(_COUPLE.format(kin=kin, kin2=second, name=NAME) + r"\s*" + _PARTED).search(b.text, start, end)
    if m is None or rx(r"\b(?:if|never|almost|nearly|before|hope|might|may)\b[^,;]{0,20}$").search(b.text, start, m.start()):
        return
    word = (m.group("kin") or m.group("kin2") or "").lower()
    word = KIN_PLURALS.get(word, word)
    if word and KIN[word].attribute not in _COMPANIONS:
        return
    group = next((g for g in ("kin_name", "name", "kin_name2", "name2") if m.group(g)), "")
    name = b.value(*m.span(group)) if group else ""
    if name and name.split()[0].casefold() in NOT_NAMES:
        return
    if not name and word:
        known = b.discourse.kin_entity(b.speaker, word)
        name = "" if known.startswith("my ") else known
    if not name and not word and "divorce" not in m.group().lower() and "married" not in m.group().lower():
        return  # "we split up" may be said of a band
    if word:
        b.unname(f"my {word}")
    for attribute in _COMPANIONS if not word else (KIN[word].attribute,):
        b.drop(attribute, name)
        b.slot(b.speaker, attribute, name, ended=True)


def called_off(b: Builder, start: int, end: int) -> None:
    """Reads "My flight got cancelled", "we're not going to Croatia any more", "I decided not to move to Vienna": a plan that is off."""
    m = rx(
        r"\b(?:my|our|the) (?P<what>[\w' -]{3,50}?)(?: is| was| got| has been| have been| were| are|'s been|'s)(?: just| now| sadly| unfortunately)* (?:cancelled|canceled|called off|off(?=[\s.,!]*$))"
    ).search(b.text, start, end)
    if m:
        value = b.value(*m.span("what"))
        b.slot(b.speaker, "plan", value, ended=True)
        b.slot(b.speaker, "appointment", value, ended=True)
        trip = rx(
            r"(?:(?:trip|flight|holiday|vacation|visit|tour|cruise)s? to (?P<to>.+)|(?P<at>(?-i:[A-ZÀ-Þ])[\w -]+?) (?:trip|flight|holiday|vacation|visit|tour|cruise)s?)$"
        ).search(value)
        if trip:
            for attribute in ("plan", "travel"):
                b.slot(b.speaker, attribute, trip.group("to") or trip.group("at"), ended=True)
        return
    m = rx(
        r"\b(?:(?:i'm|i am|we're|we are|i|we) (?:\w+ )?(?:not|no longer|won't be|aren't|decided not to be|decided against|decided not to|no longer plan to|changed (?:my|our) minds? about)|(?:i|we) (?:aren't|won't be|won't)) "
        r"(?:going|flying|travell?ing|moving|driving|relocating|go|fly|travel|move|drive|relocate) to (?P<place>(?-i:[A-ZÀ-Þ]).+)"
    ).search(b.text, start, end)
    for a, z in cut("proper_place", b.text, *m.span("place")) if m else []:
        for attribute in ("plan", "travel"):
            b.slot(b.speaker, attribute, b.lasting(attribute, a, z), ended=True)


def single_again(b: Builder) -> None:
    """Who is divorced, widowed or single is married to nobody; who is single is with nobody."""
    for slot in list(b.slots):
        if slot.attribute != "marital_status":
            continue
        status = slot.value.casefold()
        over = ("spouse",) if status in ("divorced", "widowed") else _COMPANIONS if status == "single" else ()
        for attribute in over:
            if not any(s.entity == slot.entity and s.attribute == attribute for s in (*b.slots, *b.ended)):
                b.slot(slot.entity, attribute, "", ended=True)


def lost(b: Builder, start: int, end: int) -> None:
    """Reads "Our dog Rex died", "Rex passed away", "we had to put Rex to sleep": Rex is the dog no more."""
    died = rx(_DIED).search(b.text, start, end)
    if rx(r"\b(?:found|came back|nearly|almost|afraid|if|when i die)\b").search(b.text, start, end):
        return
    if died is None and rx(r"\b(?:put|putting|lost|lose|gave|rehomed|re-homed|buried|goodbye)\b").search(b.text, start, end) is None:
        return
    for m in rx(rf"\b(?:my|our)\s+{kin_pattern()}(?:,? (?P<name>{NAME}))?|(?<![\w'])(?P<alone>{NAME})").finditer(b.text, start, end):
        subject = died is not None and rx(
            r",?\s*(?:(?:has|had|just|sadly|suddenly|peacefully|recently|finally|unexpectedly) )*$"
        ).fullmatch(b.text, m.end(), died.start())
        object_ = rx(_PUT_DOWN).search(b.text, start, m.start()) and (
            rx(r"(?:lost|lose|gave away|rehomed|re-homed|gave up|buried|down|goodbye to)\s+$").search(b.text, start, m.start())
            or rx(r"\s*(?:to sleep|down|up for adoption|away)\b").match(b.text, m.end(), end)
        )
        if not (subject or object_):
            continue
        if m.group("alone"):
            name, attribute = b.discourse.named(m.group("alone")), _attribute_of(b, m.group("alone"))
        else:
            word = KIN_PLURALS.get(m.group("kin").lower(), m.group("kin").lower())
            attribute = KIN[word].attribute
            known = m.group("name") or b.discourse.kin_entity(b.speaker, word)
            name = "" if known.startswith("my ") else known
            if not name and attribute == "pet":
                continue  # which of the pets is not said
        if attribute and attribute not in BLOOD:
            b.drop(attribute, name)
            b.slot(b.speaker, attribute, name, ended=True)


def _attribute_of(b: Builder, name: str) -> str:
    """What a known name is to the speaker: "pet" for Rex, once "my dog" leads to Rex."""
    entity = b.discourse.named(name)
    for (speaker, relation), who in b.discourse.kin.items():
        if speaker == b.speaker and who == entity:
            return next((k.attribute for k in KIN.values() if k.relation == relation), "")
    if entity.casefold() in b.discourse.known:
        return next((k.attribute for word, k in KIN.items() if b.discourse.known.get(f"my {word}") == entity), "")
    return ""


def take_back(b: Builder) -> None:
    """Reads "It's not true that I live in Rome": what the sentence states holds no more, and nothing else is learnt from it."""
    stated, b.slots, b.relations = b.slots, [], []
    b.ended = [s for s in stated if s.value]
    b.entities = {name: e for name, e in b.entities.items() if any(name == s.entity for s in b.ended)}
    b.kinds = []


def no_longer_true(b: Builder, start: int, end: int) -> None:
    """Reads "That's not true any more": what was said last holds no more."""
    last = b.discourse.last
    if (
        last is not None
        and last.value
        and rx(
            r"^(?:(?:but|and|well|actually|sorry|oh|no|so),? )*(?:that|this|it)(?:'s| is|isn'?t| isn'?t| is)? ?(?:not |no longer |n'?t )?(?:true|the case|correct|right|valid|current|up to date)?(?: any ?more| any longer| now)?[.! ]*$"
        ).search(b.text[start:end])
        and rx(
            r"\b(?:no longer (?:true|the case|correct|right|valid|current)|(?:not|isn'?t) (?:true|the case|correct|right|valid|current|up to date) (?:any ?more|any longer|now))\b"
        ).search(b.text, start, end)
    ):
        b.slot(last.entity, last.attribute, last.value, ended=True)


def no_more_liked(b: Builder, start: int, end: int) -> None:
    """Reads "I don't like mushrooms any more, can't stand them": what is no longer liked is disliked."""
    if rx(r"\b(?:can'?t (?:stand|bear)|cannot (?:stand|bear)|hate|detest|loathe|despise|dislike) (?:it|them|those)\b").search(
        b.text, start, end
    ):
        for slot in [s for s in b.ended if s.attribute == "likes" and s.value]:
            b.slot(slot.entity, "dislikes", slot.value)
            b.kinds.append("preference")
