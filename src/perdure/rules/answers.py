"""Short answers: "Ada." is a name when the assistant has just asked for one.

Only a question that asks for one attribute of the speaker counts, and only an answer that is a value and nothing else.
"""

from __future__ import annotations

import re

from perdure.model.graph import SELF
from perdure.model.message import Message
from perdure.rules.builder import Builder
from perdure.rules.grammar import kin_pattern
from perdure.rules.lazy import rx
from perdure.rules.lexicon import KIN, KIN_PLURALS
from perdure.rules.persons import name_kin
from perdure.rules.slots import ATTRIBUTES, canonical
from perdure.rules.values import cut

LONGEST = 60
"""Characters of an answer that is nothing but a value."""

_QUESTIONS: tuple[tuple[str, str, str, str], ...] = (
    (r"what(?:'s| is| was) your (?:first |full |last )?name|what (?:should|can|may|shall) i call you|who am i (?:talking|speaking) (?:to|with)|and you are\b", "name", "name", r"(?:it'?s|i'?m|i am|call me) "),
    (r"where (?:do you (?:currently |now )?live|are you (?:currently |now )?(?:based|living|located))|(?:which|what) (?:city|town|country) (?:do you live|are you)", "lives_in", "place", r"(?:it'?s |i'?m |i live )?(?:in|near|at) "),
    (r"where (?:are you|do you come) (?:originally )?from|where were you born|where did you grow up", "from", "place", r"(?:i'?m |i was born |originally )?(?:from|in) "),
    (r"how old are you|what(?:'s| is) your age", "age", "age", r"(?:i'?m|i am|just turned) "),
    (r"where do you (?:currently |now )?work|who do you work for|(?:which|what) company do you work|who(?:'s| is) your employer", "employer", "org", r"(?:i work |i'?m )?(?:at|for|with) "),
    (r"what do you do(?: for (?:a living|work))?\?|what(?:'s| is) your (?:job|profession|occupation|role|job title)", "job_title", "job", r"(?:i'?m|i am|i work as|as) "),
    (r"when(?:'s| is) your birthday|when were you born|what(?:'s| is) your (?:date of birth|birth ?date|birthday)", "birthday", "date", r"(?:it'?s |on )+"),
    (r"what(?:'s| is) your (?:e-?mail)(?: address)?", "email", "email", r"it'?s "),
    (r"what(?:'s| is) your (?:phone |mobile )?number", "phone", "phone", r"it'?s "),
    (r"what(?:'s| is) your blood (?:type|group)", "blood_type", "blood_type", r"(?:it'?s|i'?m) "),
    (r"(?:are you allergic to anything|(?:do you have|have you got) any (?:food )?allergies|what are you allergic to)", "allergy", "things", r"(?:i'?m allergic )?to "),
    (r"what(?:'s| is) your favou?rite (?P<x>[\w -]{2,30}?)\?", "favorite_{x}", "favorite", r"(?:it'?s|probably|definitely) "),
    (r"(?:which|what) languages? do you speak", "language", "things", r"i speak "),
    (rf"what(?:'s| is| are) your {kin_pattern()}(?:'s name|'s called| called)|what(?:'s| is) the name of your (?P<kin_2>[\w-]+)", "kin", "names", r"(?:(?:s?he|it)'s (?:called )?|(?:his|her|its) name is )"),
)  # fmt: skip
_NO_VALUE = r"^(?:yes[.!]*$|no|none|nothing|nope|yeah[.!]*$|yep[.!]*$|ok|okay|sure|maybe|why|what|who|sorry|thanks?|hello|hi|hey|i don'?t|i do not|not |never|it depends|that|this|here|there|nowhere|everywhere|guess|skip|next|stop|rather not|secret|private|prefer)(?:\b|$)"
_FORMS = {
    "email": r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+",
    "phone": r"\+?\(?\d[\d\s().-]{4,20}\d",
    "blood_type": r"(?:AB|A|B|O|0)\s?(?:\+|-|positive|negative|pos|neg)?",
}


def asked(question: Message) -> tuple[str, str, str, re.Match[str]] | None:
    """What the last sentence of an assistant's message asks the speaker: attribute, kind of value, lead; None for anything else."""
    text = question.content.replace("’", "'").strip()[-300:]
    if question.role != "assistant" or not text.endswith("?"):
        return None
    last = max(text.rfind(mark, 0, len(text) - 1) for mark in ".!?\n") + 1
    for pattern, attribute, cutter, lead in _QUESTIONS:
        m = rx(pattern).search(text, last)
        if m:
            return attribute, cutter, lead, m
    return None


def read_answer(b: Builder, question: Message, start: int, end: int) -> bool:
    """Files the value of a bare answer; False when the sentence is no such answer."""
    wanted = asked(question)
    if wanted is None or end - start > LONGEST or rx(_NO_VALUE).match(b.text[start:end]) or b.text[start:end].endswith("?"):
        return False
    attribute, cutter, lead, m = wanted
    opened = rx(rf"(?:(?:oh|well|sure|hi|hey|hello|um|uh|yes|yeah|yep),? )*(?:{lead})?").match(b.text, start, end)
    at = opened.end() if opened else start
    if rx(r"(?:i|we|you|it|he|she|they|that|this|these|those|my|our|your|the|let|one|some|any|it's|i'\w+)\b(?:'|\s|$)").match(
        b.text, at, end
    ) or rx(r"\b(?:or|not|n't|rather|depends|say|tell|know|sure|secret|private|business)\b").search(b.text, at, end):
        return False  # a sentence of its own, a choice or a refusal
    if cutter in _FORMS:
        form = rx(rf"(?:{_FORMS[cutter]})(?=[\s.!,]*$)").match(b.text, at, end)
        spans = [form.span()] if form else []
    else:
        spans = cut(cutter, b.text, at, end)
        if cutter == "job" and not spans:
            return False
    if (
        not spans
        or rx(
            r"(?:,? (?:is|would be|works|will do|please|thanks|thank you|actually|fine|ok|okay|good|great|perfect|i think|currently|now|right now))*[\s.!,]*"
        ).fullmatch(b.text, spans[-1][1], end)
        is None
    ):
        return False  # more than a value: it is read as any sentence
    b.bounds = (start, end)
    if attribute == "kin":
        word = (m.groupdict().get("kin") or m.group("kin_2")).lower()
        word = KIN_PLURALS.get(word, word)
        if word not in KIN:
            return False
        for a, z in spans:
            name_kin(b, b.speaker, word, a, z)
        return True
    if "{x}" in attribute:
        attribute = canonical(attribute.replace("{x}", "_".join(m.group("x").lower().split())))
    for a, z in spans:
        value = b.value(a, z)
        b.slot(b.speaker, attribute, value)
        row = ATTRIBUTES.get(attribute)
        if row is not None and row.relation:
            b.entity(b.speaker, "User" if b.speaker == SELF else "Person")
            b.relate(b.speaker, row.relation, b.entity(value, row.type))
    return True
