"""Questions to score with: from a file, or made from the memories themselves.

A self-made question is its memory reworded by rule: the answer is taken out where the memory holds it as a slot and enough is left
to ask with, the subject is turned to question form, everyday words give way to synonyms, and function words are dropped. No
randomness: the same memory gives the same question. Such questions are easier than real ones, which share fewer words with what
they look for, and they ask only for what was extracted. The rules are for English. A memory in which they find neither an answer
to take out nor a word to replace would be asked for in its own words: it is left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from perdure.errors import ImportFormatError
from perdure.model.base import Value
from perdure.rules.words import STOP_WORDS, stem, terms

if TYPE_CHECKING:
    from perdure.model.memory import MemoryRecord

MAX_WORDS: Final = 8
"""Words of a self-made question that carry meaning; people ask short."""
ENOUGH: Final = 3
"""So many words must be left to ask with when the answer is taken out."""

UPDATE: Final = "update"
"""The category of questions about what has changed."""

_PAIRS: Final = """
live reside; move relocate; buy purchase; job position; house home; car vehicle; kid child; child kid; film movie;
movie film; holiday vacation; vacation holiday; love adore; hate dislike; big large; small little;
start begin; begin start; finish complete; doctor physician; ill sick; sick ill; wife spouse; husband spouse; mother mum; mum mother;
father dad; dad father; photo picture; picture photo; phone telephone; laptop notebook; computer machine; repair fix; fix repair;
cheap inexpensive; expensive costly; happy glad; sad unhappy; afraid scared; scared afraid;
angry upset; want wish; need require; get receive; give hand; meet encounter; speak talk; talk speak; tell inform; help assist;
think believe; plan intend; try attempt; learn study; study learn; teach instruct; friend buddy; colleague coworker;
boss manager; company firm; money cash; salary pay; price cost; cost price; shop store; store shop; flat apartment;
apartment flat; street road; city town; town city; country nation; flight plane; bike bicycle; bicycle bike;
dog puppy; cat kitten; food meal; meal food; dinner supper; drink beverage; cook prepare; recipe instructions;
garden yard; tree plant; book novel; song tune; game match; party celebration; gift present; wedding marriage;
birthday anniversary; school class; exam test; appointment date; problem issue; issue problem;
error fault; answer reply; question query; idea thought; quick fast; fast quick; slow sluggish; new recent;
last previous; next coming; often frequently; always constantly; usually normally; currently presently; now presently;
medicine medication; medication medicine; pain ache; headache migraine; allergy intolerance; run jog;
walk stroll; swim bathe; travel journey; visit see; arrive come; leave depart; return come; offer propose; change switch; switch change;
grow raise; save keep; team group; app program; cold chilly; hot warm; hard difficult; difficult hard; easy simple
"""
# Two words of one stem ("meet" and "meeting") would be one entry here: the table has neither the second, nor what is ambiguous.
SYNONYMS: Final = {stem(word): other for word, other in (pair.split() for pair in _PAIRS.replace("\n", " ").split(";"))}

_WHERE: Final = "lives_in from travel address"
_WHEN: Final = "birthday appointment event plan"
_WHO: Final = "name spouse partner child parent sibling friend colleague boss pet"
_ASKS: Final = {attribute: word for word, group in (("Where", _WHERE), ("When", _WHEN), ("Who", _WHO)) for attribute in group.split()}
_WORD: Final = re.compile(r"[^\W_]+(?:[-.'’_@][^\W_]+)*")
# How a question goes on from its first word, by the subject: when the answer was taken out, and when it was not.
_SUBJECTS: Final = {
    "i": ("did I", "Did I"),
    "we": ("did we", "Did we"),
    "my": ("is my", "What about my"),
    "our": ("is our", "What about our"),
}
# Of no use to the sense, yet indexed.
_FILLERS: Final = STOP_WORDS | frozenset("with also since really actually anyway yeah well quite always ever got".split())


@dataclass(frozen=True, slots=True)
class Question(Value):
    """A question and the messages that hold its answer; none when nothing said answers it. `any_will_do`: each of them holds all of it.

    `category` is the asker's own word for the kind of question; in `UPDATE` the evidence is in order, the newest statement last.
    """

    text: str
    evidence: tuple[str, ...]
    any_will_do: bool = False
    category: str = ""


def lines_of(path: Path, *, argument: str) -> list[str]:
    """The lines of a text file; a byte order mark is passed over.

    Raises:
        ImportFormatError: it cannot be read; the message says why.
    """
    try:
        return path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as e:
        reason = e.strerror if isinstance(e, OSError) else f"not UTF-8 at byte {e.start}"
        raise ImportFormatError(f"{path} cannot be read: {reason}.", argument=argument) from e


def read_questions(path: Path, known: Mapping[str, int]) -> list[Question]:
    """The questions of a JSONL file: ``{"question": "…", "evidence": ["message id", …], "category": "…"}`` a line; other keys are ignored.

    An empty list as evidence says that nothing answers the question; at least one question of the file must have an answer.

    Args:
        path: the file.
        known: the ids of the messages there are, and how many messages have each.

    Raises:
        ImportFormatError: the file or a line of it cannot be used; the message names the line.
    """
    lines = lines_of(path, argument="questions")
    questions = [_question(line, f"{path.name}, line {number}", known) for number, line in enumerate(lines, 1) if line.strip()]
    if not questions:
        raise ImportFormatError(f'{path.name} holds no question. Give one {{"question": …, "evidence": […]}} a line.', argument="questions")
    if not any(question.evidence for question in questions):
        raise ImportFormatError(f"{path.name} holds no question with evidence, so there is nothing to find.", argument="questions")
    return questions


def _question(line: str, where: str, known: Mapping[str, int]) -> Question:
    def refuse(why: str) -> ImportFormatError:
        return ImportFormatError(f"{where}: {why}.", argument="questions")

    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as e:
        raise refuse(f"not JSON: {e}") from e
    if not isinstance(value, dict):
        raise refuse(f"expected a JSON object, not {type(value).__name__}")
    parts = cast("dict[str, Any]", value)
    text, evidence, category = parts.get("question"), parts.get("evidence"), parts.get("category") or ""
    if not isinstance(text, str) or not text.strip():
        raise refuse('"question" must be a text')
    if not isinstance(evidence, list):
        raise refuse('"evidence" must be a list of message ids, empty when nothing answers the question')
    if not isinstance(category, str | int) or isinstance(category, bool):
        raise refuse('"category" must be a text')
    ids = [str(one) if isinstance(one, int) and not isinstance(one, bool) else one for one in cast("list[object]", evidence)]
    for one in ids:
        if not isinstance(one, str) or one not in known:
            raise refuse(f"there is no message {one!r} in the conversations; evidence names the ids of their messages")
        if known[one] > 1:
            raise refuse(f"{known[one]} messages have the id {one!r}; give each its own, or score the files one by one")
    distinct = tuple(dict.fromkeys(cast("list[str]", ids)))
    if category == UPDATE and len(distinct) < 2:
        raise refuse(f'in the category "{UPDATE}" give the ids of the old statements, then that of the newest: two at least')
    return Question(text, distinct, category=str(category))


def made_from(memories: Iterable[MemoryRecord]) -> list[Question]:
    """A question for each memory that the rules can reword, in the order given."""
    made: list[Question] = []
    for memory in memories:
        values = [(slot.attribute, slot.value) for slot in memory.slots]
        text = paraphrase(memory.text, values)
        if text is not None and memory.sources:
            made.append(Question(text, tuple(dict.fromkeys(s.message_id for s in memory.sources)), any_will_do=True))
    return made


def paraphrase(text: str, values: Iterable[tuple[str, str]] = ()) -> str | None:
    """`text` as a question in other words; None when nothing can be taken out or replaced.

    Args:
        text: a statement.
        values: (attribute, value) pairs that it states; the first that can be spared is taken out and asked for.
    """
    asks, rest = "", text
    for attribute, value in values:
        cut = re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", " ", text, flags=re.IGNORECASE) if value.strip() else text
        if cut != text and len(_content(cut)) >= ENOUGH:
            asks, rest = _ASKS.get(attribute, "What"), cut
            break
    content = _content(rest)
    replaced = [_synonym(word) for word in content]
    if not content or (rest == text and replaced[:MAX_WORDS] == content[:MAX_WORDS]):
        return None
    first = _WORD.search(text)
    with_answer_out, else_ = _SUBJECTS.get(re.split("['’]", first[0])[0].lower() if first else "", ("", "What about"))
    opening = f"{asks} {with_answer_out}".rstrip() if asks else else_
    return " ".join([opening, *replaced[:MAX_WORDS]]) + "?"


def _content(text: str) -> list[str]:
    """The words that carry the meaning, as written; a contracted "not" in full."""
    words: list[str] = []
    for word in _WORD.findall(text):
        plain = word.replace("’", "'").lower()
        if plain.endswith("n't"):
            words.append("not")
        elif plain not in _FILLERS and plain.rpartition("'")[0] not in _FILLERS and terms(word):
            words.append(word)
    return words


def _synonym(word: str) -> str:
    """Another word for one that is written small; names and numbers stay."""
    return SYNONYMS.get(stem(word), word) if word.isascii() and word.isalpha() and word.islower() else word
