"""What a model says, without what it says around it: the Markdown fence around JSON, the thinking aloud before the answer."""

from __future__ import annotations

import re
from typing import Final

_FENCED: Final = re.compile(r"\s*```[a-zA-Z]*\s*\n(.*?)\n?\s*```\s*\Z", re.DOTALL)
_OPENS, _CLOSES = "<think>", "</think>"


def unfenced(text: str) -> str:
    """`text` without the Markdown fence that chat models put around JSON."""
    match = _FENCED.match(text)
    return match[1] if match else text


def spoken(text: str) -> str:
    """`text` without the ``<think>`` block that reasoning models begin with where the server does not take it out itself."""
    said = Spoken()
    return said.more(text) + said.rest()


class Spoken:
    """Takes a reply in pieces and gives back what is meant for the reader: all but a leading ``<think>`` block.

    `text`: all that was given back so far. A block that never ends is given back as it is: better thinking than nothing.
    """

    def __init__(self) -> None:
        self.text = ""
        self._held = ""
        self._begun = False

    def more(self, piece: str) -> str:
        """What of the text so far can be shown, now that `piece` has come."""
        if self._begun:
            self.text += piece
            return piece
        self._held += piece
        head = self._held.lstrip()
        if head.startswith(_OPENS):
            answer = head.partition(_CLOSES)[2].lstrip()
            return self._begin(answer) if answer else ""
        return "" if _OPENS.startswith(head) else self._begin(self._held)

    def rest(self) -> str:
        """What was held back until the end."""
        head = self._held.lstrip()
        return self._begin(head.partition(_CLOSES)[2].lstrip() if head.startswith(_OPENS) and _CLOSES in head else self._held)

    def _begin(self, shown: str) -> str:
        self._begun, self._held = True, ""
        self.text += shown
        return shown
