"""Replies of a model that this program cannot reach: requests go out as files, replies come back as JSON Lines.

What a later add of a conversation asks depends on what earlier replies made of it, so this goes in rounds: each plays the replies
recorded so far and writes the requests that are missing, until none is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from perdure.doors.cli.bench_extraction_play import opener, play
from perdure.doors.cli.bench_extraction_set import Conversation
from perdure.errors import InputError, LLMUnavailableError
from perdure.model.base import Value
from perdure.ports import LLM, LLMReply, LLMRequest

if TYPE_CHECKING:
    from rich.console import Console

_OURS: Final = re.compile(r".+\.\d+\.[0-9a-f]{16}\.json")
_KEY: Final = re.compile(r"[0-9a-f]{64}")


class Missing:
    """An LLM that answers nothing and remembers what it was asked, in order and once each."""

    name = "recorded"

    def __init__(self) -> None:
        self.asked: dict[str, LLMRequest] = {}
        self.times = 0

    def complete(self, request: LLMRequest) -> LLMReply:
        """Never a reply.

        Raises:
            LLMUnavailableError: always.
        """
        self.asked.setdefault(request.key, request)
        self.times += 1
        raise LLMUnavailableError(f"Request {request.key} has no recorded reply yet.")


@dataclass(frozen=True, slots=True)
class Round(Value):
    """How far a recording has come. `written` requests are new or still open; `complete` conversations need no more."""

    conversations: int
    complete: int
    imported: int
    written: int
    failed: int
    folder: str
    errors: tuple[str, ...] = field(default=())


def dump_missing(
    conversations: Sequence[Conversation], record: Path, folder: Path, *, embedder: Any, config: str | None, imported: int,
    update: Callable[[float, int], None],
) -> Round:  # fmt: skip
    """Plays what is recorded and writes each request that is missing to a file of its own; files of the round before are replaced.

    Args:
        conversations: which.
        record: recorded replies, in the form of `RecordedLLM`; it need not exist.
        folder: where to; made if need be. A file is called ``<conversation>.<add>.<first digits of the key>.json``.
        embedder, config: what the settings name.
        imported: replies taken in before, for the report.
        update: gets the fraction done and the number of conversations played.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        if _OURS.fullmatch(old.name):
            old.unlink()
    missing = Missing()
    open_memory = opener(llm=recorded(record, missing), embedder=embedder, config=config)
    complete, written = 0, set[str]()
    errors: list[str] = []
    for number, one in enumerate(conversations, 1):
        before, times = set(missing.asked), missing.times
        played = play(one, open_memory, until=lambda times=times: missing.times > times)
        new = [key for key in missing.asked if key not in before]
        for key in new:
            _write(folder, one, played.adds, missing.asked[key])
        written.update(new)
        complete += missing.times == times
        errors += played.errors if missing.times == times else []
        update(number / len(conversations), number)
    return Round(len(conversations), complete, imported, len(written), len(errors), str(folder), tuple(errors))


def recorded(path: Path, llm: LLM) -> LLM:
    """The replies of a file, and `llm` for those that are missing."""
    from perdure.config import backend

    return backend("llm", "recorded", path=path, llm=llm)


def _write(folder: Path, conversation: Conversation, add: int, request: LLMRequest) -> None:
    def said(role: str) -> str:
        return "\n\n".join(turn.content for turn in request.turns if turn.role == role)

    body: dict[str, Any] = {
        "key": request.key,
        "conversation": conversation.id,
        "add": add,
        "system": said("system"),
        "user": next((turn.content for turn in request.turns if turn.role == "user"), ""),
        "schema_name": request.schema_name,
        "schema": request.schema,
        "max_tokens": request.max_tokens,
    }
    if len(request.turns) > 2:  # an answer that was not usable, and what was said about it
        body["turns"] = [{"role": turn.role, "content": turn.content} for turn in request.turns]
    path = folder / f"{conversation.id}.{add}.{request.key[:16]}.json"
    path.write_text(json.dumps(body, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def take_in(replies: Path, record: Path, *, model: str) -> int:
    """Adds replies from outside to a file of recorded replies and gives how many were new.

    Args:
        replies: JSON Lines with key and text (a string, or the JSON object itself); model and token counts are kept if given.
        record: the file; it is made if need be. A reply to a key that has another one already takes its place.
        model: whose replies they are, where a line does not say.

    Raises:
        InputError: a line is not such a reply; nothing is written. ConfigError: `record` holds something else than recorded replies.
    """
    known = _known(record)
    lines: list[str] = []
    try:
        text_of = replies.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as e:
        raise InputError(f"{replies.name} cannot be read: {e}.", argument="import") from e
    for number, line in enumerate(text_of.splitlines(), 1):
        if not line.strip():
            continue
        try:
            given: dict[str, Any] = json.loads(line)
            key, text = given["key"], given["text"]
        except (ValueError, KeyError, TypeError) as e:
            raise InputError(f'{replies.name}, line {number}: give {{"key": …, "text": …}}, not this ({e!r}).', argument="import") from e
        if not isinstance(key, str) or not _KEY.fullmatch(key):
            raise InputError(f"{replies.name}, line {number}: {key!r} is no key; take it from the request's file.", argument="import")
        said = text if isinstance(text, str) else json.dumps(text, ensure_ascii=False)
        if known.get(key) != said:
            known[key] = said
            counts = {name: int(given.get(name) or 0) for name in ("input_tokens", "output_tokens")}
            lines.append(json.dumps({"key": key, "asked": "", "text": said, "model": str(given.get("model") or model)} | counts))
    if lines:
        with record.open("a", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
    return len(lines)


def _known(record: Path) -> dict[str, str]:
    if not record.exists():
        return {}
    recorded(record, Missing())  # which refuses what is not such a file, and says which line
    rows = [json.loads(line) for line in record.read_text(encoding="utf-8").splitlines() if line.strip()]
    return {row["key"]: row["text"] for row in rows}


def show_round(out: Console, done: Round) -> None:
    """How far the recording has come, for people."""
    from perdure.doors.cli import show

    if done.imported:
        out.print(f"{show.many(done.imported, 'reply', 'replies')} taken in.")
    out.print(f"{done.complete} of {show.many(done.conversations, 'conversation')} have all the replies they need.")
    for error in done.errors:
        out.print(show.short(error), style="yellow", soft_wrap=True)
    if done.written:
        out.print(f"{show.many(done.written, 'request')} written to {done.folder}: answer each, import the answers, and run this again.")
