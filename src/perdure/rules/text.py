"""Where the speaker's own words are: masks for what is quoted, pasted or fenced, and sentences with their offsets.

A mask replaces characters by `BLANK` one for one, so every offset in the masked text is an offset in the message.
Everything here is linear in the length of the text.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

BLANK = "\ufffc"
MAX_TEXT = 100_000
"""Characters of a message that are read; what follows is captured and searchable but not analysed."""

_FENCES = re.compile(
    r"<perdure-memory\b.*?(?:</perdure-memory>|\Z)"  # what we injected ourselves
    r"|<(?P<tag>memory|memories|recalled|context|system|quote|blockquote|document|documents|email|transcript)\b[^<>]{0,200}>"
    r".*?(?:</(?P=tag)>|\Z)"
    r"|```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)",
    re.DOTALL | re.IGNORECASE,
)
_FENCE_HINT = re.compile(r"<(?:perdure|memor|recall|context|system|quote|block|doc|email|trans)|```|~~~", re.IGNORECASE)
_LINES = re.compile(r"(?m)^[ \t]*(?:>|\[(?:memory|memories|recalled|context|system)[^\]\n]{0,80}\]|(?:user )?memory:).*$", re.IGNORECASE)
_QUOTES = re.compile(r"\"([^\"\n]{1,2000})\"|“([^”\n]{1,2000})”|«([^»\n]{1,2000})»|「([^」\n]{1,2000})」|„([^“”\n]{1,2000})[“”]")
_PASTED = re.compile(
    r"(?<!\bmy )(?<!\bour )\b(?:translate|translation|summari[sz]e|summary|proofread|rewrite|re-write|rephrase|paraphrase|reword|edit|"
    r"review|polish|shorten|improve|fix|analy[sz]e|classify|parse|respond|reply|following|below|pasted?|email|letter|article|logs?|"
    r"output|transcript|excerpt|lyrics|quote|example|e\.g\.|(?:he|she|they|it|who|mail|text|message|note) (?:wrote|said|says|writes|reads))"
    r"\b[^.!?\n:]{0,80}:(?=\s|[\"“])",
    re.IGNORECASE,
)
_TELLS_US = re.compile(r"\b(?:remember|note|know|mind|use (?:the |my |this )?(?:new|other|right|correct))\b", re.IGNORECASE)
MAX_SENTENCE = 600
"""A longer stretch without an end is cut at a blank near this many characters, so that no quote is a whole document."""
MAX_SENTENCES = 2_000

_END = re.compile(r"[.!?]+[\"'”’)\]]*(?=\s|$)|[。！？；]+|[\n\r\u2028\u2029]+|…+|\.{3,}|।")
_ABBREVIATION = re.compile(
    r"(?:\b(?:dr|mr|mrs|ms|st|prof|jr|sr|vs|no|inc|ltd|co|corp|approx|e\.g|i\.e|etc|a\.m|p\.m|dept|mt|ave|rd|jan|feb|mar|apr|jun|jul|"
    r"aug|sept?|oct|nov|dec|u\.s|u\.k)|(?:^|\s)[A-Z])\.$",
    re.IGNORECASE,
)
#: More than a title in a script that puts no spaces: a sentence.
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff][^\s]{9,}|[\u3040-\u30ff\u3400-\u9fff][，。！？、]")
_BULLET = re.compile(r"[\s\ufffc]*(?:[-*•–]\s+|\d{1,2}[.)]\s+)?")


def mask(content: str) -> str:
    """`content` with everything that is not the speaker's own statement blanked out; same length, straight apostrophes."""
    text = content[:MAX_TEXT].replace("’", "'").replace("‘", "'").replace("\x00", " ")
    if _FENCE_HINT.search(text):
        text = _FENCES.sub(_blank, text)
    text = _LINES.sub(_blank, text)
    if ":" in text:
        text = _mask_pasted(text)
    if any(q in text for q in '"“«「„'):
        text = _QUOTES.sub(_blank_long, text)
    return text


def sentences(masked: str) -> Iterator[tuple[int, int]]:
    """Start and end of each sentence, without surrounding blanks, bullets and line ends but with its closing mark."""
    return itertools.islice(_sentences(masked), MAX_SENTENCES)


def _sentences(masked: str) -> Iterator[tuple[int, int]]:
    start = 0
    for m in _END.finditer(masked):
        end = m.end()
        if m.group()[0] == "." and len(m.group()) == 1 and end < len(masked) and _abbreviates(masked, start, end):
            continue
        yield from _trimmed(masked, start, end)
        start = end
    yield from _trimmed(masked, start, len(masked))


def _abbreviates(text: str, start: int, end: int) -> bool:
    m = _ABBREVIATION.search(text, max(start, end - 12), end)
    if m is None:
        return False
    word = m.group().strip(" .").lower()
    if word in ("etc", "a.m", "p.m", "inc", "ltd", "co", "corp", "u.s", "u.k", "i", "no", "mar"):  # may also end a sentence
        return text[end : end + 2].strip()[:1].islower()
    return True


def _trimmed(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    lead = _BULLET.match(text, start, end)
    begin = lead.end() if lead else start
    while end > begin and (text[end - 1].isspace() or text[end - 1] == BLANK):
        end -= 1
    while end - begin > MAX_SENTENCE:
        blank = _cut(text, begin)
        yield begin, blank
        begin = blank
        while begin < end and text[begin].isspace():
            begin += 1
    if end - begin > 1:
        yield begin, end


def _cut(text: str, begin: int) -> int:
    """Where a stretch that does not end is cut: the last comma before the limit, else the last blank, else the limit."""
    limit = begin + MAX_SENTENCE
    for mark in (", ", "，", "、", " "):
        at = text.rfind(mark, begin + MAX_SENTENCE // 2, limit)
        if at > 0:
            return at + 1 if mark != " " else at
    return limit


def _blank(m: re.Match[str]) -> str:
    return BLANK * len(m.group())


def _blank_long(m: re.Match[str]) -> str:
    """A quotation of a sentence is somebody's words; of one to three words it is a title or a name and stays."""
    inner = m.group()[1:-1]
    short = len(inner.split()) <= 3 and not _UNSPACED.search(inner)
    return m.group() if short and not re.match(r"\s*(?:i|i'm|my|we)\b", inner, re.IGNORECASE) else _blank(m)


def _mask_pasted(text: str) -> str:
    """Blank what follows "translate this:" or "she wrote:", to the end of the message."""
    for m in _PASTED.finditer(text):
        if not _TELLS_US.search(text, max(0, m.start() - 30), m.end()):
            return text[: m.end()] + "".join(c if c == "\n" else BLANK for c in text[m.end() :])
    return text
