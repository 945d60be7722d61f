"""Whether a statement says no more than what was said: its numbers and names must come from somewhere.

A model may put things in its own words, so little is refused: figures, and capitalised names in Latin script, that stand neither in the
messages, nor in what was shown of the past, nor follow from a date that was worked out. Doubt speaks for the statement.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from difflib import SequenceMatcher
from typing import Final

from perdure.model.candidate import ExtractionContext
from perdure.model.graph import SELF, entity_key
from perdure.model.message import Message
from perdure.stages.validate_fields import RECALLED

MAX_READ: Final = 60_000
"""Characters of what was said that are compared with; longer talk is not judged."""
ALIKE: Final = 0.75
"""Likeness of two words (difflib) from which one may be the other spelt otherwise: "Cathy" and "Kathy", "München" and "Munich"."""
MAX_LIKENED: Final = 50
"""Names of one answer that are compared with every word; one that has more is not worth the time."""
LONG_AGO: Final = 12
"""Years between a date and its message from which the message has to speak of years."""

_RUN: Final = re.compile(r"\d+")
_FIGURE: Final = re.compile(r"\d+(?:[.,'’ ]\d{3})*(?:[.,]\d+)?")
_MONTHS: Final = (
    "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|mär|mai|okt|dez|ene|abr|ago|dic|janv|févr|fév|mars|avr|juin|juil|août|déc|gen|mag|giu|lug|"
    "set|ott|out|fev"
)
_DATES: Final = re.compile(
    r"(?<![\w.,/:-])(?:\d{4}-\d{1,2}(?:-\d{1,2})?(?:T[\d:.]+Z?)?(?![\d-])|\d{1,2}-\d{1,2}(?![\d-])|"
    r"\d{1,2}[./]\d{1,2}(?:[./](?:\d{4}|\d{2})|\.)?(?![\d/])|\d{1,2}(?::\d{2}){1,2}(?!\d)|\d{1,2}\s*(?:am|pm|uhr|h)\b)|"
    r"(?<!\d)(?:\d{4}\s*年|\d{1,2}\s*[月日号点])|"
    rf"\b\d{{1,2}}(?:st|nd|rd|th|er|º|\.)?\s+(?:of\s+|de\s+|di\s+)?(?:{_MONTHS})\w*\.?(?:,?\s+(?:de\s+|del\s+)?\d{{4}})?|"
    rf"\b(?:{_MONTHS})\w*\.?\s+(?:de\s+)?\d{{1,4}}(?:st|nd|rd|th)?(?:,?\s+\d{{4}})?",
    re.IGNORECASE,
)
_FEW: Final = re.compile(
    r"(?<!\w)(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|couple|once|twice|thrice|second|third|fourth|fifth|sixth|seventh|"
    r"eighth|ninth|tenth|eleventh|twelfth|both|pair|double|triple|twins?|triplets|"
    r"eins?|zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn|elf|zwölf|beide\w?|erste[nrms]?|zweite[nrms]?|dritte[nrms]?|vierte[nrms]?|fünfte[nrms]?|"
    r"zwillinge|"
    r"dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|once|doce|primer[oa]?|segund[oa]|tercer[oa]?|ambos|gemel[oa]s|"
    r"deux|trois|quatre|cinq|sept|huit|neuf|dix|onze|douze|premi(?:er|ère)|deuxième|troisième|jumeaux|jumelles|"
    r"due|tre|quattro|cinque|sei|sette|otto|nove|dieci|dodici|dois|duas|três|quatro|sete|oito|dez|"
    r"один|одна|два|две|три|четыре|пять|шесть|семь|восемь|девять|десять)(?!\w)",
    re.IGNORECASE,
)
"""Words for small numbers: they explain figures up to `MAX_FEW`."""
MAX_FEW: Final = 20
_MANY: Final = re.compile(
    r"(?<!\w)(?:(?:thir|four|fif|six|seven|eigh|nine)teen|(?:twen|thir|for|fif|six|seven|eigh|nine)ty\w*|hundreds?|thousands?|millions?|billions?|"
    r"dozens?|half|quarters?|grand|halb\w*|viertel|dutzend|\w+zehn|(?:zwan|vier|fünf|sech|sieb|acht|neun|\w+und\w+)zig|dreißig|\w*hundert\w*|\w*tausend\w*|"
    r"million\w*|milliard\w*|trece|catorce|quince|dieci\w+|veint\w+|treinta|cuarenta|cincuenta|sesenta|setenta|ochenta|noventa|cien\w*|\w*cient[oa]s|mil|"
    r"mille?s?|millón|millones|docenas?|medi[oa]|treize|quatorze|quinze|seize|vingt\w*|trente|quarante|cinquante|soixante|cents?|douzaines?|demi\w*|"
    r"venti\w*|trenta|quaranta|cinquanta|cento|vinte|trinta|quarenta|cem|\w+дцать|сорок|сто|тысяч\w*)(?!\w)"
    r"|[零〇一二两三四五六七八九十百千万亿半双]|[०-९٠-٩]",
    re.IGNORECASE,
)
"""Words for greater numbers, and figures in other scripts: they may explain any figure."""
_NAME: Final = re.compile(r"(?<![\w.@/#'’-])[A-ZÀ-ÖØ-Þ][\w'’]*(?:-\w+)*")
_SHORT: Final = re.compile(r"(?<!\w)[A-ZÀ-ÖØ-Þ]{2,6}(?!\w)")
"""An abbreviation, which a statement may write out."""
_WORD: Final = re.compile(r"[^\W\d_][\w'’]*")
_PERSON_FIRST: Final = re.compile(
    r"([A-ZÀ-ÖØ-Þ][\w'’]+)(?:, (?:the|a|an|his|her|their|who|el|la|le|un|une|una|su|son|sa) |'s |’s | "
    r"(?:lives|works|likes|loves|hates|dislikes|wants|owns|plays|speaks|studies|moved|started|was born|is allergic|is not allergic|"
    r"vive|trabaja|odia|quiere|juega|estudia|nació|es alérgic[oa]|habite|travaille|aime|déteste|étudie|est allergique|est née?)\b)"
)
"""A statement that begins with whoever it is about."""
_SENTENCE_START: Final = re.compile(r"(?:^|[.!?:;…\n(\"“«]\s*|\s[-–—]\s*)$")
_GERMAN: Final = re.compile(
    r"\b(?:der|die|das|und|ist|nicht|ich|ein|eine|einen|mit|hat|sich|wohnt|seit|auf|für|dem|den|im|zu|von|kein\w*|mein\w*|habe?|bin|sind|"
    r"wir|uns|auch|noch|nur|sehr|esse|trinke|arbeite|wohne|gerne?|weil|wenn|aber|doch|schon|jetzt)\b",
    re.IGNORECASE,
)
_COMMON: Final = frozenset(
    "user users assistant i i'm i've i'll i'd ai ok tv usa uk us eu english german french spanish chinese italian portuguese "
    "january february march april may june july august september october november december monday tuesday wednesday thursday friday "
    "saturday sunday mon tue wed thu fri sat sun jan feb mar apr jun jul aug sep sept oct nov dec "
    "christmas easter new year eve spring summer autumn fall winter "
    "he she they it we you this that who everybody everyone someone somebody nobody work family mother father sister "
    "brother son daughter wife husband partner boss mr mrs ms dr prof st mom dad mum grandma grandpa internet wifi wi-fi god utc".split()
)
_YEARS: Final = re.compile(
    r"\b(?:years?|decades?|century|centuries|born|childhood|kid|young|grew|child|jahr\w*|geboren|kindheit|kind|años?|nac\w+|niñ\w+|ans|années?|né|née|"
    r"enfan\w+|anni|nat[oa]|anos|nasc\w+|since|seit|desde|depuis|ago)\b|[年岁]|出生|小时候",
    re.IGNORECASE,
)
_PAST: Final = re.compile(
    r"\b(?:yesterday|ago|last (?:night|week|month|year|summer|winter|spring|autumn|fall|weekend)|gestern|vorgestern|letzte[nrms]?|"
    r"ayer|anoche|anteayer|hace|pasad[oa]|hier|avant-hier|derni[eè]re?)\b|昨天|前天|上周|上个月|去年",
    re.IGNORECASE,
)
_FUTURE: Final = re.compile(
    r"\b(?:will|'ll|going to|plan\w*|next|tomorrow|soon|about to|book\w*|schedul\w*|until|werde\w*|wird|morgen|nächste\w*|bald|"
    r"voy a|vamos a|próxim\w+|mañana|pronto|vais|allons|demain|prochain\w*|bientôt)\b|明天|下周|下个月|明年|打算|将|准备",
    re.IGNORECASE,
)
_ORDERS: Final = re.compile(
    r"\s*(?:please\s+|bitte\s+|por favor,?\s+|now\s+|system\s*:\s*)*(?:(?:ignore|disregard|forget|delete|erase|remove|wipe|override|reveal|"
    r"print|ignoriere|vergiss|lösche|ignora|olvida|borra|elimina|ignorez?|oubliez?|effacez?|supprimez?)\b.{0,40}?"
    r"\b(?:instructions?|prompts?|memor(?:y|ies)|everything|all|rules|previous|database|anweisungen|alles|erinnerungen|regeln|"
    r"instrucciones|todo|memorias?|reglas|consignes|tout|mémoires?|souvenirs|règles)\b|(?:请|麻烦)?(?:忽略|无视|忘记|删除|清除).{0,12}(?:指令|记忆|所有|一切|规则))",
    re.IGNORECASE | re.DOTALL,
)
_USER_SAID: Final = re.compile(
    r"\b(?:user|benutzer(?:in)?|usuari[oa]|utilisat(?:eur|rice)) (?:has |have |hat |ha |a )?(?:said|says|stated?s?|told|tells|mentioned|"
    r"mentions|reported|confirmed|confirms|claims?|claimed|asked to (?:remember|keep|save|store)|wants? (?:you|this|it) to be|sagte?|"
    r"gesagt|erwähnt\w*|dijo|dicho|dice|dit|mentionné)\b|用户(?:说|表示|提到|告诉)",
    re.IGNORECASE,
)


@dataclass(slots=True)
class Said:
    """All that was said or shown, to compare with; read when it is first asked for."""

    messages: Sequence[Message]
    context: ExtractionContext
    _text: str | None = None
    _runs: frozenset[str] = frozenset()
    _figures: str = ""
    _words: frozenset[str] = frozenset()
    _starts: frozenset[str] = frozenset()
    _heads: frozenset[str] = frozenset()
    _folded: str = ""
    _names: dict[str, bool] = field(default_factory=dict[str, bool])
    _known_words: frozenset[str] | None = None

    @property
    def text(self) -> str:
        """The messages, those before, and what was shown; case as it stands."""
        if self._text is None:
            parts = [f"{m.name or ''} {RECALLED.sub(' ', m.content[:MAX_READ])}" for m in (*self.messages, *self.context.recent)]
            parts += [*self.context.shown, self.context.user]
            parts += [f"{slot.entity} {slot.value}" for slots in self.context.shown_slots for slot in slots]
            self._text = "\n".join(parts)
            self._runs = frozenset(run.lstrip("0") or "0" for run in _RUN.findall(self._text))
            self._figures = "".join(_RUN.findall(self._text))
            self._starts = frozenset(word[:3].casefold() for word in _WORD.findall(self._text) if word[0].isupper() and len(word) > 3)
            self._folded = self._text.casefold().replace("’", "'")
            self._words = frozenset(_WORD.findall(self._folded))
            self._heads = frozenset(word[:n] for word in self._words for n in (2, 3, 4))
        return self._text

    def invented(self, statement: str, *, said_at: datetime, dates: Iterable[datetime | None]) -> str:
        """A figure or name in `statement` that comes from nowhere; "" when there is none, or when it cannot be told.

        Args:
            statement: what a model wrote.
            said_at: when the message that proves it was said.
            dates: what the model worked out, which the statement may name.
        """
        if len(self.text) > MAX_READ:
            return ""
        return self._figure(statement, said_at, [d for d in dates if d is not None]) or self._name(statement)

    def invented_slot(self, entity: str, value: str, *, said_at: datetime) -> str:
        """A name in `entity` or a figure in `value` that comes from nowhere; "" when there is none. Names in values may be translated."""
        if len(self.text) > MAX_READ:
            return ""
        return self._figure(value, said_at, []) or ("" if entity == SELF else self._name(f"{SELF} {entity}"))

    def mentions(self, name: str) -> bool:
        """Whether a name stands in it, in any case and spacing."""
        key = entity_key(name)
        if not key:
            return False
        text = " ".join(self.text.casefold().replace("’", "'").split())
        key = key.replace("’", "'")
        return key in text if not key.isascii() else re.search(rf"(?<!\w){re.escape(key)}(?!\w)", text) is not None

    def _figure(self, statement: str, said_at: datetime, dates: list[datetime]) -> str:
        text = self.text
        derived = {str(n) for d in (said_at, *dates) for n in (d.year, d.month, d.day, d.hour, d.minute, d.year % 100)}
        told = {int(run) for run in self._runs if len(run) <= 4}
        for match in _FIGURE.finditer(_DATES.sub(self._undated(said_at), statement)):
            whole = "".join(_RUN.findall(match[0])).lstrip("0") or "0"
            runs = {run.lstrip("0") or "0" for run in _RUN.findall(match[0])}
            if whole in self._runs or runs <= self._runs | derived or whole in derived or whole.rstrip("0") in self._runs:
                continue
            if len(whole) > 2 and whole in self._figures:
                continue
            if len(whole) == 4 and (abs(int(whole) - said_at.year) <= LONG_AGO or whole[2:].lstrip("0") in self._runs):
                continue  # "for two years", "in '98"
            if len(whole) <= 4 and any(abs(said_at.year - n) in (int(whole), int(whole) + 1, int(whole) - 1) for n in told):
                continue  # an age from a year of birth, or the year from an age
            if _MANY.search(text) or (len(whole) <= 2 and int(whole) <= MAX_FEW and _FEW.search(text)):
                continue
            return f"the number {match[0]}"
        return ""

    @staticmethod
    def _undated(said_at: datetime) -> Callable[[re.Match[str]], str]:
        """Takes dates and times out of a statement, but leaves a year that lies far from the message."""

        def without(match: re.Match[str]) -> str:
            years = [y for y in _RUN.findall(match[0]) if len(y) == 4]
            return " ".join(y for y in years if abs(int(y) - said_at.year) > LONG_AGO)

        return without

    def _name(self, statement: str) -> str:
        if len(_GERMAN.findall(statement)) > 1 or not self._is_latin() or self._is_german():
            return ""  # German writes every noun with a capital; names from other scripts are transliterated
        first = _PERSON_FIRST.match(statement)
        found = [m for m in _NAME.finditer(statement) if not _SENTENCE_START.search(statement[: m.start()])]
        found += [first] if first else []
        initials = "".join(m[0][0] for m in found).casefold()
        spelt = [w for w in map(str.casefold, _SHORT.findall(self.text)) if w in initials] if len(initials) > 1 else []
        for word in (m[1] if m.re is _PERSON_FIRST else m[0] for m in found):
            name = word.casefold().replace("’", "'").removesuffix("'s").removesuffix("'")
            if name in _COMMON or len(name) < 2 or any(c.isdigit() for c in name) or self._known(name):
                continue
            if any(name[0] in short for short in spelt):
                continue  # an abbreviation written out
            return f"the name {word}"
        return ""

    def _known(self, name: str) -> bool:
        if name not in self._names:
            self._names[name] = self._said(name) or name in self._words_of_known_names()
        return self._names[name]

    def _words_of_known_names(self) -> frozenset[str]:
        """Words of the names the owner's memories know; there may be thousands, and they are seldom needed."""
        if self._known_words is None:
            known = self.context.known_names
            self._known_words = frozenset(_WORD.findall("\n".join([*known, *known.values()]).casefold().replace("’", "'")))
        return self._known_words

    def _said(self, name: str) -> bool:
        if name in self._words or all(part in self._words for part in name.split("-")):
            return True
        if len(name) > 4 and name[:3] in self._starts:
            return True  # "Spain" of "Spanish"
        if name[:4] in self._heads or any(name[:n] in self._words for n in range(4, len(name))):
            return True
        if len(self._names) > MAX_LIKENED:
            return False
        matcher = SequenceMatcher(b=name, autojunk=False)
        for word in self._words:
            if abs(len(word) - len(name)) > 3:
                continue
            matcher.set_seq1(word)
            if matcher.real_quick_ratio() >= ALIKE and matcher.quick_ratio() >= ALIKE and matcher.ratio() >= ALIKE:
                return True
        return name in self._folded

    def _is_german(self) -> bool:
        return any(len(_GERMAN.findall(m.content[:2_000])) > 1 for m in self.messages)

    def _is_latin(self) -> bool:
        letters = [c for c in "".join(m.content[:2_000] for m in self.messages) if c.isalpha()]
        return bool(letters) and sum(c < "ɐ" for c in letters) > 0.9 * len(letters)


def far_off(found: datetime, said_at: datetime, message: str) -> bool:
    """Whether a date lies so far from its message that the message would have to speak of it, and does not."""
    years = found.year - said_at.year
    if abs(years) <= LONG_AGO:
        return False
    if re.search(rf"(?<!\d)(?:{found.year}|['’]{found.year % 100:02d})(?!\d)", message):
        return False
    return years > 0 or not _YEARS.search(message)


def is_past(quote: str) -> bool:
    """Whether words say that something is past and nothing that it is to come."""
    return _PAST.search(quote) is not None and _FUTURE.search(quote) is None


def orders(statement: str) -> bool:
    """Whether a statement is an order to whoever reads it: "Ignore all previous instructions"."""
    return _ORDERS.match(statement) is not None


def puts_into_users_mouth(statement: str) -> bool:
    """Whether a statement claims that the user said something."""
    return _USER_SAID.search(statement) is not None
