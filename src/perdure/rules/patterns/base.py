"""`Rule`: one line of a pattern table, and how its little language reads.

A sentence is split into clauses, a clause into subject and predicate, and a rule looks only at a predicate after its
auxiliaries, adverbs and negation were taken off. So one rule serves "I live in X", "my sister Priya lives in X", "I've been
living in X" and "I don't live in X any more".

- `heads`: words the predicate may begin with. A plain word is a verb's base form and stands for all its forms; `=word` for
  itself alone. "have" as a main verb is a head like any other; after "be" the head is the next word (an adjective, "a", "from").
- `rest`: a regular expression for what follows the head. A group `attribute` takes a value of that slot, `end_attribute` says
  that the slot holds no more, `attribute__kind` cuts the value as another kind (see `values.CUTTERS`). `_2` may follow an attribute
  to use it twice. What a group catches is only where the value may be: the cutter decides where it ends, or that it is none.
- `event`: something that happened ("bought", "moved"): it holds after the past or the perfect, is a plan before it, and a negation
  takes it away. Otherwise a state: the past or "used to" ends it, a negation denies it.
- `kind`: the memory's kind when this rule fires.
- `needs`: "be" when it only holds after a form of to be; "verb" when it must not come after one.
- `deny`: what a negation does: "end" the slot, state the "opposite" too, or "nothing".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from perdure.model.memory import Kind


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of a pattern table; see the module's text."""

    heads: str
    rest: str
    event: bool = False
    kind: Kind = "fact"
    needs: Literal["", "be", "verb"] = ""
    deny: Literal["end", "opposite", "nothing"] = "end"


@dataclass(frozen=True, slots=True)
class NounRule:
    """Reads "My <noun> is <value>": `noun` must match all of the noun phrase.

    `slot` may use a group of `noun` in braces; "kin" names a relative, "thing" a thing of one's own. `kind` as in `CUTTERS`.
    """

    noun: str
    slot: str
    cutter: str = ""
    kind: Kind = "fact"


IRREGULAR = {
    "be": "is was been",
    "have": "has had had",
    "do": "does did done",
    "go": "goes went gone",
    "get": "gets got gotten",
    "buy": "buys bought bought",
    "sell": "sells sold sold",
    "leave": "leaves left left",
    "quit": "quits quit quit",
    "grow": "grows grew grown",
    "teach": "teaches taught taught",
    "speak": "speaks spoke spoken",
    "drive": "drives drove driven",
    "eat": "eats ate eaten",
    "drink": "drinks drank drunk",
    "take": "takes took taken",
    "give": "gives gave given",
    "run": "runs ran run",
    "begin": "begins began begun",
    "lose": "loses lost lost",
    "find": "finds found found",
    "meet": "meets met met",
    "break": "breaks broke broken",
    "fall": "falls fell fallen",
    "come": "comes came come",
    "become": "becomes became become",
    "win": "wins won won",
    "make": "makes made made",
    "pay": "pays paid paid",
    "spend": "spends spent spent",
    "fly": "flies flew flown",
    "study": "studies studied studied",
    "wake": "wakes woke woken",
    "sleep": "sleeps slept slept",
    "write": "writes wrote written",
    "hurt": "hurts hurt hurt",
    "keep": "keeps kept kept",
    "swim": "swims swam swum",
    "ride": "rides rode ridden",
    "feel": "feels felt felt",
    "marry": "marries married married",
    "weigh": "weighs weighed weighed",
    "see": "sees saw seen",
    "lead": "leads led led",
    "build": "builds built built",
    "hate": "hates hated hated",
    "carry": "carries carried carried",
    "try": "tries tried tried",
    "enjoy": "enjoys enjoyed enjoyed",
    "own": "owns owned owned",
    "play": "plays played played",
    "stay": "stays stayed stayed",
    "trade": "trades traded traded",
    "die": "dies died died",
    "bring": "brings brought brought",
    "sing": "sings sang sung",
    "read": "reads read read",
    "wear": "wears wore worn",
    "hold": "holds held held",
    "freeze": "freezes froze frozen",
    "fix": "fixes fixed fixed",
    "pass": "passes passed passed",
    "crash": "crashes crashed crashed",
    "think": "thinks thought thought",
    "prefer": "prefers preferred preferred",
    "stop": "stops stopped stopped",
    "drop": "drops dropped dropped",
    "ship": "ships shipped shipped",
    "plan": "plans planned planned",
    "adore": "adores adored adored",
    "cancel": "cancels cancelled canceled",
    "travel": "travels travelled traveled",
    "transfer": "transfers transferred transferred",
    "knit": "knits knitted knit",
    "chat": "chats chatted chatted",
    "upgrade": "upgrades upgraded upgraded",
    "hike": "hikes hiked hiked",
    "enroll": "enrolls enrolled enrolled",
    "enrol": "enrols enrolled enrolled",
    "commute": "commutes commuted commuted",
    "watch": "watches watched watched",
    "miss": "misses missed missed",
    "learn": "learns learned learnt",
    "finish": "finishes finished finished",
    "attend": "attends attended attended",
    "develop": "develops developed developed",
    "say": "says said said",
    "tell": "tells told told",
    "put": "puts put put",
    "set": "sets set set",
    "cut": "cuts cut cut",
    "let": "lets let let",
    "sit": "sits sat sat",
    "swap": "swaps swapped swapped",
    "shop": "shops shopped shopped",
    "volunteer": "volunteers volunteered volunteered",
    "offer": "offers offered offered",
    "throw": "throws threw thrown",
    "choose": "chooses chose chosen",
    "hear": "hears heard heard",
    "catch": "catches caught caught",
    "know": "knows knew known",
    "love": "loves loved loved",
    "overheat": "overheats overheated overheated",
}


def forms(lemma: str) -> dict[str, str]:
    """Each form of a verb and its tense: present, past, participle (also past for regular verbs) or ing."""
    third, past, participle = IRREGULAR[lemma].split() if lemma in IRREGULAR else _regular(lemma)
    stem = lemma[:-1] if lemma.endswith("e") and not lemma.endswith(("ee", "ye", "oe")) and lemma != "be" else lemma
    if lemma.endswith("ie"):
        stem = lemma[:-2] + "y"
    elif past.endswith(lemma[-1] * 2 + "ed") or lemma in (
        "get",
        "run",
        "quit",
        "begin",
        "win",
        "swim",
        "put",
        "set",
        "cut",
        "let",
        "sit",
    ):
        stem = lemma + lemma[-1]
    table = {stem + "ing": "ing", stem + "in": "ing", participle: "participle", past: "past", third: "present", lemma: "present"}
    if lemma in ("quit", "run", "come", "become", "read", "put", "set", "cut", "let", "hurt"):
        table[lemma] = "past" if lemma == "quit" else "present"
    return table


def _regular(lemma: str) -> tuple[str, str, str]:
    if lemma.endswith("e"):
        return lemma + "s", lemma + "d", lemma + "d"
    if lemma.endswith("y") and lemma[-2] not in "aeiou":
        return lemma[:-1] + "ies", lemma[:-1] + "ied", lemma[:-1] + "ied"
    return lemma + ("es" if lemma.endswith(("s", "sh", "ch", "x", "z", "o")) else "s"), lemma + "ed", lemma + "ed"
