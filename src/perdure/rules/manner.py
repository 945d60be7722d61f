"""How a text speaks: whether it only asks, or lays down a standing instruction. English; other languages pass for plain statements."""

from __future__ import annotations

import re

#: Characters of a long text that are read.
READ = 4000

_SENTENCE = re.compile(r"[^.!?\n]+[.!?]*")
_FIRST_PERSON = re.compile(r"\b(?:i|i'm|i’m|i've|i’ve|i'd|i’d|i'll|i’ll|my|me|mine|we|our|us)\b", re.IGNORECASE)
_STANDING = re.compile(
    r"\s*(?:(?:please|and|also|oh|ok|okay)[,:]? +)*"
    r"(?:(?:always|never) (?!mind\b|heard|been|had|was|were|wanted|seen|thought|knew|felt|loved|liked|a\b|the\b|\w+ed\b)\w|from now on\b"
    r"|whenever\b.{0,100}\b(?:please|always|never|make sure|give|show|use|answer|reply|format|include|write)\b|make sure\b|remember to\b"
    r"|don'?t ever\b|do not ever\b)",
    re.IGNORECASE,
)

#: What `asks` gives for a standing instruction.
STANDING = -1


def asks(text: str) -> int:
    """The percentage of a text's words that stand in mere questions, or `STANDING`.

    A question that tells something of who asks ("I'm moving to Oslo, can you help me?") is no mere question: it holds facts.
    """
    text = text[:READ]
    if _STANDING.match(text):
        return STANDING
    every = only = 0
    for sentence in _SENTENCE.findall(text):
        words = len(sentence.split())
        every += words
        if sentence.rstrip().endswith("?") and not _FIRST_PERSON.search(sentence):
            only += words
    return round(100 * only / every) if every else 0
