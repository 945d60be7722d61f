"""A JSON array element by element, so that an export larger than memory can be read.

`json.JSONDecoder.raw_decode` reads one value from a string and says where it ended. It is fed a window of the file that starts
at an element; when the element is longer than the window, the window is doubled, so each byte is parsed a bounded number of
times on average.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from perdure.errors import ImportFormatError

CHUNK = 1 << 18
_SPACE = " \t\r\n"


@dataclass
class Progress:
    """How much of a file has been read, in bytes."""

    done: int = 0
    total: int = 0

    @property
    def fraction(self) -> float:
        """The share in 0..1; 0 when the size is not known."""
        return min(1.0, self.done / self.total) if self.total else 0.0


class _Window:
    """A stretch of a UTF-8 stream as text, with the line number of its start."""

    def __init__(self, stream: BinaryIO, name: str, progress: Progress) -> None:
        self.stream, self.name, self.progress = stream, name, progress
        self.decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self.text, self.position, self.ended = "", 0, False
        self.line, self.counted = 1, 0  # `line` is that of the character at `counted`

    def more(self, size: int = CHUNK) -> None:
        """Drops what was read and appends at least one more piece of the stream; sets `ended` at its end."""
        self.here()
        self.text = self.text[self.position :]
        self.position = self.counted = 0
        raw = self.stream.read(size)
        self.progress.done += len(raw)
        self.ended = not raw
        try:
            self.text += self.decoder.decode(raw, final=self.ended)
        except UnicodeDecodeError as e:
            raise self.error(f"is not UTF-8 ({e.reason})") from e

    def peek(self) -> str:
        """The next character that is not white space; empty at the end."""
        while True:
            while self.position < len(self.text):
                if self.text[self.position] not in _SPACE:
                    return self.text[self.position]
                self.position += 1
            if self.ended:
                return ""
            self.more()

    def here(self) -> int:
        """The line number of the position."""
        self.line += self.text.count("\n", self.counted, self.position)
        self.counted = self.position
        return self.line

    def error(self, what: str, line: int | None = None) -> ImportFormatError:
        """An error naming the file and the line."""
        return ImportFormatError(f"{self.name}, line {line or self.here()}: {what}.", argument="file")


def array_items(stream: BinaryIO, name: str, progress: Progress) -> Iterator[tuple[str, object]]:
    """Each element of the JSON array in `stream`, with where it stands ("export.json, item 3, line 120").

    Raises:
        ImportFormatError: it is not a JSON array, is cut off, or an element is malformed; names the line.
    """
    window = _Window(stream, name, progress)
    decode = json.JSONDecoder().raw_decode
    if window.peek() != "[":
        raise window.error("expected a JSON array")
    window.position += 1
    number = 0
    while (mark := window.peek()) != "]":
        if number:
            if mark != ",":
                raise window.error("expected a comma or the end of the list" if mark else "the file ends in the middle of the list")
            window.position += 1
            if not window.peek():
                raise window.error("the file ends in the middle of the list")
        number += 1
        line = window.here()
        size = CHUNK
        while True:
            try:
                value, window.position = decode(window.text, window.position)
                break
            except json.JSONDecodeError as e:
                if window.ended:
                    at = window.here() + window.text.count("\n", window.position, e.pos)
                    raise window.error(f"item {number} is not JSON: {e.msg}", at) from e
                window.more(size)
                size *= 2
            except RecursionError as e:
                raise window.error(f"item {number} is nested too deeply", line) from e
        yield f"{name}, item {number}, line {line}", value
    window.position += 1
    if window.peek():
        raise window.error("there is something after the end of the list")
