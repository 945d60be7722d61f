"""How a question asks: what of it is talk about the talk, whose words it wants, and whether it wants one value that holds now.

English; a question in another language passes through unchanged and wants nothing in particular.
"""

from __future__ import annotations

import re
from typing import Literal

from perdure.rules.updates import asks_now

Speaker = Literal["", "user", "assistant"]

# ── talk about the talk ───────────────────────────────────────────────────────────────────────────────────────────────────
_ASIDE = re.compile(
    r"\b(?:can|could|would) you (?:please )?|\bplease\b"
    r"|\bmention only(?: and only)? \w+ (?:items?|things?|points?)\b"
    r"|\b(?:in|across|throughout|over|during|from) (?:all )?(?:of )?(?:our|my|the|these|this) (?:\w+ )?"
    r"(?:conversations?|chats?|discussions?|sessions?|requests?|messages?)\b(?:, in order)?"
    r"|\bin order\b|\b(?:list|walk me through|tell me|give me|show me|provide|summari[sz]e|remind me)\b(?: of)?"
    r"|\ba (?:comprehensive |detailed |complete |full |brief |short )?(?:summary|overview|recap)\b(?: of)?"
    r"|\bthe order in which i (?:brought up|mentioned|discussed|talked about)\b|\bdifferent aspects of\b"
    r"|\b(?:i|we)(?:'ve|’ve| have)? (?:discussed|talked about|mentioned|brought up)\b|\bso far\b",
    re.IGNORECASE,
)
_SPACES = re.compile(r"\s+")


def core(question: str) -> str:
    """The question without what is said about the conversation itself; the whole of it when next to nothing else would remain.

    "Can you list the order in which I brought up different aspects of my garden?" is about a garden, not about lists and orders, and
    is to be compared with what was said about gardens. On ten long assistant chats (BEAM) this gave .01 to .02 recall@10.
    """
    bare, asides = _ASIDE.subn(" ", question)
    left = _SPACES.sub(" ", bare).strip(" .?!,")
    if not asides or len(left.split()) < 2:
        return question
    return f"{left}?" if "?" in question else left  # the embedder hears a question in it


# ── whose words ───────────────────────────────────────────────────────────────────────────────────────────────────────────
_TOLD = (
    r"recommend|suggest|advi[sc]e|sa(?:y|id)|t(?:ell|old)|explain|mention|propose|give|gave|provide|describe|outline|show|list|warn|"
    r"teach|taught|cover|help"
)
_ASKS_ASSISTANT = re.compile(
    rf"\b(?:you|assistant|ai|bot)\b[^?.,]{{0,20}}\b(?:{_TOLD})|\b(?:advice|suggestions?|recommendations?|tips?)\b|\byour (?:explanations?|answer)",
    re.IGNORECASE,
)
_ENGLISH = re.compile(
    r"\b(?:what|who|whose|when|where|which|how|why|is|are|do|does|did|have|has|can|could|should|would|was|were|i|my|me|we|our|the|of|with|"
    r"about)\b",
    re.IGNORECASE,
)
_WANTS_BOTH = re.compile(r"\b(?:summary|summari[sz]e|overview|recap)\b", re.IGNORECASE)


def whose(question: str) -> Speaker:
    """In a chat with an assistant, whose messages are likely to hold the answer; "" for both alike.

    Facts about a user stand in the user's own messages; what the assistant wrote around them is long, and full of the same words.
    """
    if _ASKS_ASSISTANT.search(question):
        return "assistant"
    return "user" if _ENGLISH.search(question) and not _WANTS_BOTH.search(question) else ""


_RECALLS = re.compile(
    r"\b(?:have|had|was|were|has) (?:i|we)\b|\bdid \w|\bi (?:said|mentioned|told)\b",
    re.IGNORECASE,
)


def heeds_instructions(question: str) -> bool:
    """Whether standing instructions bear on how it is answered: not when it asks back after what happened."""
    return _RECALLS.search(question) is None


# ── one value that holds now ──────────────────────────────────────────────────────────────────────────────────────────────
_NOUN = r"(?!is\b|are\b|do\b|does\b|has\b|have\b)[\w’'-]+"
_VALUE = re.compile(
    r"^\W*(?:(?:so|and|but|ok|okay|hey|hi|remind me|tell me|again|please|quick question|also)[,: ]+)*"
    r"(?:(?:by|on|in|to|for|with|until|from|at|after|under|of)\s+)?(?:"
    r"how (?:many|much|long|old|often|far|big|large|high|tall|heavy|fast|soon|late|early)\b"
    r"|when(?:'s|’s| is| are| does| do| should| will| am)\b"
    rf"|(?:what|which) (?:exact |kind of |type of |sort of )?(?:{_NOUN}(?<!s)|[\w’'-]+(?:ss|us|is)) (?:{_NOUN} ){{0,2}}"
    r"(?:is|am|are|do|does|should|has|have|will|runs?)\b"
    r"|(?:what|where|who)(?:'s|’s| is| am i| are we| do i| do we) (?!.*\b(?:about|most|important|love|excited|enjoy)\b)"
    r"|(?:where|who) (?:does|is|runs|handles|leads|owns|looks)\b"
    r"|what does \S+ (?:cost|weigh|use|earn|drive|charge|run|take|pay|drink|eat)\b"
    r"|(?:which|what) \w+ (?:runs|handles|serves|hosts)\b|(?:do|am|are) (?:i|we)\b)",
    re.IGNORECASE,
)
_NOT_ONE = re.compile(
    r"\bever\b|\bacross\b|\bin total\b|\bdifferent\b|\border\b|\bsummar|"
    r"\bshould i (?!plan|aim|use|take|be|expect|submit|join|meet|attend|pay)|\bsuggest|\brecommend|\bwould\b|\bcould\b|\bbetween\b|"
    r"\bboth\b|\ball\b|\bthink\b|\bfeel\b|\btimes (?:has|have)\b|\b(?:19|20)\d\d\b",
    re.IGNORECASE,
)
_NOW = re.compile(
    r"\b(?:now|nowadays|current(?:ly)?|at the moment|at present|presently|these days|today|latest|newest|most recent(?:ly)?|up to date|"
    r"still|any ?more|as of)\b",
    re.IGNORECASE,
)
_MINE = re.compile(r"\b(?:i|i'm|i’m|my|mine|me|our|ours|we|us)\b", re.IGNORECASE)
_NUMBER = re.compile(
    r"\bhow (?:many|much|long|old|often|far|big|large|tall)\b|\bwhat (?:is|was|are)? ?(?:the |my )?(?:\w+ ){0,3}"
    r"(?:percentage|number|count|price|cost|budget|size|age|score|rate|quota|time|version|port)\b",
    re.IGNORECASE,
)
_HAS_NUMBER = re.compile(
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozen|hundred|thousand|once|twice|couple|several|half)\b",
    re.IGNORECASE,
)


def wants_value(question: str) -> bool:
    """Whether it asks for one value that holds now, such as a deadline, a count or where somebody lives."""
    return asks_now(question) and bool(_VALUE.search(question) or _NOW.search(question)) and not _NOT_ONE.search(question)


def says_whose(question: str) -> bool:
    """Whether it says that it is after the asker's own present state: "my", "I", "now", "currently"."""
    return bool(_MINE.search(question) or _NOW.search(question))


def wants_number(question: str) -> bool:
    """Whether a number answers it."""
    return _NUMBER.search(question) is not None


def has_number(text: str) -> bool:
    """Whether a text has a number in it, in figures or in words."""
    return _HAS_NUMBER.search(text) is not None
