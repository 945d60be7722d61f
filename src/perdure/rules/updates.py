"""Words that say something has changed: what was said before may hold no more."""

from __future__ import annotations

import re

_CHANGED = re.compile(
    r"\b(?:actually|correction|no longer|not? any ?more|anymore|instead|these days|as of (?:now|today)|from now on|now|"
    r"chang\w+|switch\w+|mov(?:ed|ing)|rescheduled?|postponed?|push(?:ed)? back|brought forward|cancel\w*|call(?:ed)? off|"
    r"updat\w+|revis\w+|rais\w+|lower(?:ed)?|increas\w+|decreas\w+|reduc\w+|extend\w*|shorten\w*|replac\w+|"
    r"quit|stopp\w+|gave up|given up|left|sold|ended|broke up|divorced|died|passed away|turned|became|promoted|got a new|new job|"
    r"upgrad\w+|downgrad\w+|decided against|turns out|wrong|meant)\b",
    re.IGNORECASE,
)
#: Characters of a long text that are read.
READ = 2000


def changes_something(text: str) -> bool:
    """Whether a statement says, in English, that something is no longer as it was."""
    return _CHANGED.search(text[:READ]) is not None


_PAST = re.compile(
    r"\b(?:did|didn't|was|wasn't|were|weren't|had|hadn't|used to|originally|ago|previously|formerly|at first|before)\b", re.IGNORECASE
)


def asks_now(question: str) -> bool:
    """Whether an English question may ask for what holds now: it has no word of the past in it."""
    return _PAST.search(question) is None
