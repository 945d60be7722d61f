"""Conversations from files: JSONL, OpenAI-style message lists, the ChatGPT data export.

`read` hands out `Line`s (a message and where it stands) and `Skip`s (what was left out, and why) in file order; the export's
conversations come oldest first, since what was said later must be able to replace what was said before. JSONL is read line by
line and JSON arrays element by element, so a file may be larger than memory.

Every message has a stable id: the file's own, else a hash of its session, its place there and its content. Reading the
same file again therefore gives the same ids, and redelivery stores nothing twice.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, cast

from perdure.doors.cli import chatgpt
from perdure.doors.cli.parts import Line, Skip, message_of, when_of
from perdure.doors.cli.pieces import Progress, array_items
from perdure.errors import ImportFormatError, InputError

if TYPE_CHECKING:
    import io

__all__ = ["Format", "Line", "Progress", "Skip", "read"]

Format = Literal["auto", "jsonl", "openai", "chatgpt"]
EXPORT_NAME = "conversations.json"


@dataclass
class _Numbering:
    """Stable ids for messages without one."""

    session: str | None
    seen: dict[str, int] = field(default_factory=dict[str, int])

    def line(self, parts: Mapping[str, Any], where: str, session: str | None, said_at: datetime | None = None) -> Line | Skip:
        """A `Line` for one message object, or the `Skip` saying why there is none."""
        named = self.session or session
        place = self.seen[named or ""] = self.seen.get(named or "", -1) + 1
        try:
            message = message_of(parts, said_at=said_at)
        except InputError as e:
            return Skip(where, str(e), bad=True)
        if message is None:
            return Skip(where, "no text in it")
        if not message.id:
            key = json.dumps([named, place, message.role, message.name, message.content], ensure_ascii=True)
            message = dataclasses.replace(message, id=f"import-{hashlib.sha256(key.encode()).hexdigest()[:24]}")
        return Line(message, named, where)


def read(path: Path, *, form: Format = "auto", session: str | None = None, progress: Progress | None = None) -> Iterator[Line | Skip]:
    """The messages of a file, and what was left out of it.

    Args:
        path: the file; a .zip is taken for a ChatGPT export.
        form: its format, or "auto" to find out from the name and the first characters.
        session: the session of all messages. Default: the file's own (session_id, the conversation's id), else the file's name.
        progress: is told how much has been read.

    Raises:
        ImportFormatError: the file as a whole cannot be read. (A single bad message is a `Skip` with `bad=True`.)
    """
    progress = progress or Progress()
    try:
        if path.is_dir():
            raise ImportFormatError(f"{path} is a folder. Name the file in it, e.g. {EXPORT_NAME}.", argument="file")
        with path.open("rb") as stream:
            if zipfile.is_zipfile(stream):
                yield from _zip(path, form, session, progress)
                return
            stream.seek(0)
            progress.total = path.stat().st_size
            yield from _stream(stream, path.name, form, session, progress)
    except OSError as e:
        raise ImportFormatError(f"{path} cannot be read: {e.strerror or e}.", argument="file") from e


def _zip(path: Path, form: Format, session: str | None, progress: Progress) -> Iterator[Line | Skip]:
    if form not in ("auto", "chatgpt"):
        raise ImportFormatError(f"{path.name} is a zip archive; --format {form} reads plain files. Unpack it.", argument="file")
    try:
        with zipfile.ZipFile(path) as archive:
            # Larger exports split the list: conversations-000.json, conversations-001.json, …
            inner = sorted(n for n in archive.namelist() if (p := Path(n)).suffix == ".json" and p.stem.startswith("conversations"))
            if not inner:
                raise ImportFormatError(f"{path.name} has no {EXPORT_NAME} inside. Is it the ChatGPT data export?", argument="file")
            for name in inner:
                progress.total = archive.getinfo(name).file_size
                progress.done = 0
                with archive.open(name) as stream:
                    yield from _stream(cast("BinaryIO", stream), f"{path.name}:{name}", "chatgpt", session, progress)
    except zipfile.BadZipFile as e:
        raise ImportFormatError(f"{path.name} is a damaged zip archive: {e}. Download or copy it again.", argument="file") from e


def _stream(stream: BinaryIO, name: str, form: Format, session: str | None, progress: Progress) -> Iterator[Line | Skip]:
    head = cast("io.BufferedReader", stream).peek(1 << 16)
    found = _detect(head, name) if form == "auto" else form
    fallback = session or Path(name).stem
    if found == "jsonl":
        yield from _jsonl(stream, name, _Numbering(session), fallback, progress)
    elif found == "chatgpt":
        yield from chatgpt.read(_elements(stream, head, name, progress), session)
    else:
        numbering = _Numbering(session)
        for where, value in _elements(stream, head, name, progress):
            yield from _object(value, where, numbering, fallback)


def _detect(head: bytes, name: str) -> Format:
    """The format by the name's ending, else by how the file begins."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if name.lower().endswith((".jsonl", ".ndjson")):
        return "jsonl"
    if start[:1] not in (b"[", b"{"):
        got = repr(start[:20].decode("utf-8", "replace")) if start else "nothing"
        raise ImportFormatError(
            f"{name} begins with {got}: not JSONL, an OpenAI-style message list or a ChatGPT export. See `perdure import --help`.",
            argument="file",
        )
    if b'"mapping"' in start:
        return "chatgpt"
    if start[:1] == b"[":
        return "openai"
    first, newline, rest = start.partition(b"\n")
    try:
        json.loads(first)
    except ValueError:
        return "openai" if b'"messages"' in start or not newline else "jsonl"
    return "jsonl" if rest.strip() else "openai"


def _jsonl(stream: BinaryIO, name: str, numbering: _Numbering, fallback: str, progress: Progress) -> Iterator[Line | Skip]:
    for number, raw in enumerate(stream, 1):
        progress.done += len(raw)
        where = f"{name}, line {number}"
        try:
            text = raw.decode("utf-8-sig" if number == 1 else "utf-8").strip()
            value = json.loads(text) if text else None
        except UnicodeDecodeError as e:
            yield Skip(where, f"not UTF-8: {e.reason} at byte {e.start}", bad=True)
            continue
        except ValueError as e:
            yield Skip(where, f"not JSON: {e}", bad=True)
            continue
        except RecursionError:
            yield Skip(where, "nested too deeply", bad=True)
            continue
        if text:
            yield from _object(value, where, numbering, fallback)


def _object(value: object, where: str, numbering: _Numbering, fallback: str) -> Iterator[Line | Skip]:
    """One object: a message, or a conversation as ``{"messages": […]}``."""
    if not isinstance(value, dict):
        yield Skip(where, f"expected a JSON object, not {type(value).__name__}", bad=True)
        return
    parts = cast("dict[str, Any]", value)
    session = _session(parts) or fallback
    if "messages" not in parts:
        yield numbering.line(parts, where, session)
        return
    if not isinstance(parts["messages"], list):
        yield Skip(where, '"messages" is not a list', bad=True)
        return
    try:
        said_at = when_of(parts)
    except InputError as e:
        yield Skip(where, str(e), bad=True)
        return
    for number, item in enumerate(cast("list[object]", parts["messages"]), 1):
        place = f"{where}, message {number}"
        if isinstance(item, dict):
            inner = cast("dict[str, Any]", item)
            yield numbering.line(inner, place, _session(inner) or session, said_at)
        else:
            yield Skip(place, f"expected a JSON object, not {type(item).__name__}", bad=True)


def _session(parts: Mapping[str, Any]) -> str | None:
    for key in ("session_id", "conversation_id", "thread_id"):
        value = parts.get(key)
        if isinstance(value, str | int) and not isinstance(value, bool) and str(value).strip():
            return str(value)
    return None


def _elements(stream: BinaryIO, head: bytes, name: str, progress: Progress) -> Iterator[tuple[str, object]]:
    """The elements of a JSON array with where each stands; a single object is its only element."""
    if head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"[":
        yield from array_items(stream, name, progress)
        return
    try:
        raw = stream.read()
        progress.done += len(raw)
        yield name, json.loads(raw.decode("utf-8-sig"))
    except (ValueError, RecursionError) as e:
        raise ImportFormatError(f"{name} is not JSON: {e}.", argument="file") from e
