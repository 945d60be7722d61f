"""Versioned prompt texts; their hash is part of every source."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt's text and the first 12 hex digits of its SHA-256."""

    name: str
    text: str
    hash: str


@cache
def load(name: str) -> Prompt:
    """The prompt in `<name>.md` beside this file."""
    text = resources.files(__name__).joinpath(f"{name}.md").read_text("utf-8").strip()
    return Prompt(name, text, hashlib.sha256(text.encode()).hexdigest()[:12])
