"""Conversations whose questions name the messages that answer them: our own, and two public sets when given by path.

Ours stand in `chats/`, written for this bench: three that the tuning climbed on (`companion`, `two_colleagues`, `writing_and_study`), three
held out from that, though not from the last choices, which were made by hand with all of them in view. LoCoMo (`locomo10.json` of
snap-research/LoCoMo, CC BY-NC 4.0) and BEAM (`chats/100K` of mohammadtavakoli78/BEAM, no licence stated) are for measuring only and are
not part of this repository.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

CHATS = Path(__file__).parent / "chats"
TUNED_ON = ("companion", "two_colleagues", "writing_and_study")
LOCOMO_KINDS = {1: "multi_hop", 2: "temporal", 3: "open_domain", 4: "single_hop", 5: "adversarial"}
#: Of BEAM: kinds of questions that have an answer in the chat; those without are the set's own "abstention".
FACTUAL = ("information_extraction", "knowledge_update", "temporal_reasoning", "multi_session_reasoning")


@dataclass
class Question:
    """`gold`: ids of the messages that answer, none when nothing does; `old` and `new` of an update, `sides` of a contradiction."""

    chat: str
    text: str
    kind: str
    gold: frozenset[str]
    old: frozenset[str] = frozenset()
    new: frozenset[str] = frozenset()
    sides: tuple[frozenset[str], frozenset[str]] | None = None

    @property
    def answerable(self) -> bool:
        """Whether it counts as having an answer when confidence is scored."""
        return bool(self.gold) and (self.kind in FACTUAL or "-" not in self.chat)


@dataclass
class Chat:
    """`messages` as `add` takes them, each with its session; `facts`: (text, ids of the messages it comes from, when)."""

    id: str
    messages: list[tuple[str, dict[str, Any]]]
    facts: list[tuple[str, list[str], datetime]] = field(default_factory=list)


def own(names: tuple[str, ...] | None = None) -> tuple[list[Chat], list[Question]]:
    """The chats in `chats/`, or those named."""
    chats: list[Chat] = []
    questions: list[Question] = []
    for path in sorted(CHATS.glob("*.json")):
        if names is not None and path.stem not in names:
            continue
        data = json.loads(path.read_text(encoding="utf-8"))
        said = [(m["session"], m["speaker"], m["id"], m["text"], datetime.fromisoformat(m["when"])) for m in data["messages"]]
        chats.append(Chat(path.stem, [(s, _message(who, uid, text, at)) for s, who, uid, text, at in said]))
        for q in data["questions"]:
            gold = frozenset(q["evidence"])
            made = Question(path.stem, q["q"], q["category"], gold)
            if q["category"] == "update":
                made.old, made.new = frozenset(q["evidence"][:-1]), frozenset(q["evidence"][-1:])
            if q["category"] == "contradiction":
                made.sides = frozenset(q["evidence"][:1]), frozenset(q["evidence"][1:])
            questions.append(made)
    return chats, questions


def locomo(path: Path) -> tuple[list[Chat], list[Question]]:
    """LoCoMo: two people, 19 to 32 dated sessions; `facts` are the set's own statements, written by a model."""
    chats: list[Chat] = []
    questions: list[Question] = []
    for sample in json.loads(path.read_text(encoding="utf-8")):
        talk, chat = sample["conversation"], sample["sample_id"]
        messages: list[tuple[str, dict[str, Any]]] = []
        began: dict[str, datetime] = {}
        clock = datetime(2020, 1, 1, tzinfo=UTC)
        for session in sorted((k for k in talk if re.fullmatch(r"session_\d+", k)), key=lambda k: int(k[8:])):
            for turn in talk[session]:
                clock = max(
                    clock + timedelta(seconds=1), _locomo_time(turn.get("date_time") or talk.get(f"{session}_date_time", ""), clock)
                )
                began.setdefault(session, clock)
                caption = turn.get("blip_caption") or ""
                text = (turn.get("text") or "") + (f" [shares {caption}]" if caption else "")
                messages.append((session, _message(turn["speaker"], turn["dia_id"], text or "(no text)", clock)))
        ids = {m["id"] for _, m in messages}
        facts = [
            (text, sorted(_refs(source) & ids), began[name.replace("_observation", "")])
            for name, people in sample.get("observation", {}).items()
            for told in people.values()
            for text, source in told
        ]
        chats.append(Chat(chat, messages, [f for f in facts if f[1]]))
        questions += [
            Question(chat, q["question"], LOCOMO_KINDS[q["category"]], frozenset(_refs(q.get("evidence")) & ids)) for q in sample["qa"]
        ]
    return chats, questions


def beam(folder: Path) -> tuple[list[Chat], list[Question]]:
    """BEAM: long chats of one user with an assistant, twenty questions each in ten kinds."""
    chats: list[Chat] = []
    questions: list[Question] = []
    for place in sorted((p for p in folder.iterdir() if p.is_dir()), key=lambda p: int(p.name)):
        file = next((f for f in (place / "chat_trunecated.json", place / "chat.json") if f.exists()), None)
        if file is None:
            continue
        chat = f"{folder.name}-{place.name}"
        messages: list[tuple[str, dict[str, Any]]] = []
        clock, anchor = datetime(2020, 1, 1, tzinfo=UTC), ""
        for batch in json.loads(file.read_text(encoding="utf-8")):
            for m in (m for group in batch["turns"] for m in group):
                anchor = m.get("time_anchor") or anchor
                clock = max(clock + timedelta(seconds=1), _beam_time(anchor, clock))
                text = re.sub(r"\s*->->.*$", "", m["content"], flags=re.DOTALL)
                messages.append((str(batch["batch_number"]), _message(m["role"], str(m["id"]), text or "(no text)", clock)))
        chats.append(Chat(chat, messages))
        probing = json.loads((place / "probing_questions" / "probing_questions.json").read_text(encoding="utf-8"))
        for kind, items in probing.items():
            for q in items:
                source = q.get("source_chat_ids")
                made = Question(chat, q["question"], kind, frozenset(_flat(source)))
                if isinstance(source, dict) and kind == "knowledge_update":
                    made.old, made.new = frozenset(_flat(source["original_info"])), frozenset(_flat(source["updated_info"]))
                if isinstance(source, dict) and kind == "contradiction_resolution":
                    made.sides = frozenset(_flat(source["first_statement"])), frozenset(_flat(source["second_statement"]))
                questions.append(made)
    return chats, questions


def _message(speaker: str, uid: str, text: str, at: datetime) -> dict[str, Any]:
    role = speaker if speaker in ("user", "assistant") else "user"
    return {"id": uid, "role": role, "name": speaker, "content": text, "timestamp": at}


def _locomo_time(text: str, before: datetime) -> datetime:
    try:
        return datetime.strptime(text, "%I:%M %p on %d %B, %Y").replace(tzinfo=UTC)
    except ValueError:
        return before + timedelta(minutes=1)


def _beam_time(text: str, before: datetime) -> datetime:
    try:
        return datetime.strptime(text, "%B-%d-%Y").replace(tzinfo=UTC)
    except ValueError:
        return before + timedelta(minutes=1)


def _refs(evidence: Any) -> set[str]:
    """LoCoMo's evidence, whose ids are written in several ways: "D8:6; D9:17", "D:11:26", "D30:05"."""
    given = evidence if isinstance(evidence, list) else [evidence]
    return {f"D{a}:{b}" for e in given for a, b in re.findall(r"D:?(\d+):0*(\d+)", str(e))}


def _flat(x: Any) -> Iterator[str]:
    if isinstance(x, dict):
        x = list(x.values())
    if isinstance(x, list):
        for part in x:
            yield from _flat(part)
    elif x is not None:
        yield str(x)
