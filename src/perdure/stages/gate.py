"""Whether it could be worth asking a model what there is to remember. A pure function of the words; it costs microseconds.

It leans to yes: a call too many costs a fraction of a cent, a call too few loses what somebody said. It says no to what holds no
statement at all: nothing, tool output, greetings and thanks, code, questions and orders that tell nothing of the one who asks,
and an assistant's talk that is not about the user.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from perdure.model.message import Message
from perdure.stages.gate_words import FOR_ME, LAUGHTER, LONGEST, ORDERS, ORDERS_UNSPACED, SMALL_TALK, UNSPACED
from perdure.stages.validate_fields import RECALLED

MAX_READ: Final = 20_000
"""Characters of a message that are looked at; a longer one is worth a call."""

_CODE_BLOCK: Final = re.compile(r"```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)", re.DOTALL)
_CODE_LINE: Final = re.compile(
    r"\s*(?:(?:import|export|from\s+\w+\s+import|def|class|return|async|await|public|private|static|const|let|var|"
    r"function|func|fn|package|"
    r"using|namespace|struct|enum|elif|try|except|finally|catch|throw|raise)\b.*[;:{(=)]\s*|import\s+[\w.{}*, ]+|"
    r"#include.*|@\w+.*|//.*|/\*.*|\*/|"
    r"</?\w[^>]*>.*|[{}()\[\]<>;,\s]+|.*[;{}]\s*|[\w.\[\]\"']+\s*(?:=|:=|\+=|==|->)\s*\S.*|[\w.]+\(.*\)\s*|"
    r"\s+return\b.*|>>>.*|\$\s.*|at\s[\w.$]+\(.*|"
    r"(?i:select\s.+\sfrom|insert\sinto|update\s\w+\sset|delete\sfrom|create\s(?:table|index))\b.*)"
)
_URL: Final = re.compile(r"https?://\S+")
_SENTENCE: Final = re.compile(r"[^.!?。！？…\n]+[.!?。！？…]*")
_ANSWER: Final = re.compile(
    r"\s*(?:yes|yeah|yep|yup|no|nope|nah|sure|ok|okay|correct|exactly|right|true|false|ja|nein|sí|si|oui|non|"
    r"sim|não|да|нет|是|对|不|はい|いいえ|네|아니요)\b",
    re.IGNORECASE,
)
_ASKS: Final = re.compile(
    r"\s*(?:(?:and|but|so|ok|okay|well|also|oh|btw|please|um|hmm|then|now|actually|wait|sorry|hey|hi|hello|thanks|"
    r"or)[,:!]?\s+)*"
    r"(?:what|where|when|who|whom|whose|which|why|how|do|does|did|is|are|was|were|am|can|could|would|will|should|"
    r"shall|may|might|(?:have|has|had)(?=\s+(?:i|you|we|they|he|she|it|there|the|any|anyone|my)\b)|"
    r"isn't|aren't|don't|doesn't|didn't|won't|wouldn't|couldn't|can't|haven't|hasn't|what's|where's|who's|when's|"
    r"how's|any (?:idea|chance|tips)|"
    r"was|wer|wo|wann|warum|wie|welche[rsnm]?|kannst|können|ist|sind|gibt|qué|que|quién|cuándo|cómo|dónde|cuál|"
    r"puedes|qui|quoi|où|quand|"
    r"comment|pourquoi|quel(?:le)?s?|est-ce|peux|cosa|che|chi|dove|quando|come|perché|quale|puoi|o que|quem|"
    r"onde|como|por que|qual|pode)\b",
    re.IGNORECASE,
)
# Without a question mark only what is turned round asks: "What is …", "Can you …"; not "When I was young …", "Will moved."
_ASKS_PLAINLY: Final = re.compile(
    r"\s*(?:(?:and|but|so|ok|okay|well|also|please|hey|hi|hello|then|now)[,:!]?\s+)*"
    r"(?:(?:what|where|when|who|which|why|how)(?:'s|\s+(?:is|are|do|does|did|can|could|should|would|will|was|were|"
    r"to|many|much|long|often|far))|"
    r"(?:can|could|would|will|do|does|did|is|are|should|have|has)\s+(?:you|i|we|they|he|she|it|there|this|"
    r"that|these|those|the|any|anyone))\b",
    re.IGNORECASE,
)
# Someone speaks of themselves or of theirs; "me" alone does not count: "tell me".
_SELF: Final = re.compile(
    r"\b(?:i|i'm|i've|i'd|i'll|im|ive|my|mine|our|ours|we|we're|we've|we'll|ich|mein\w*|wir|unser\w*|je|mon|ma|mes|"
    r"nous|notre|nos|yo|mi|mis|nosotros|nuestr\w+|soy|"
    r"tengo|estoy|vivo|io|mio|mia|miei|sono|ho|noi|nostr\w+|eu|meus?|minhas?|sou|tenho|estou|moro|ik|mijn|wij|ons|"
    r"onze|jag|min|mina|mitt|ja|mój|moja|moje|mam|jestem|"
    r"ben|benim)\b|\bj'|я|мой|моя|моё|мои|меня|мы|наш|我|咱|私|僕|俺|うち|나는|저는|내 |제 |우리|أنا|मैं|मेर",
    re.IGNORECASE,
)
_ASKS_TO_KEEP: Final = re.compile(
    r"\b(?:remember|remind|note|don'?t forget|keep in mind|for the record|for future reference|from now on|"
    r"in future|always|never|fyi|save|store|memori[sz]e|"
    r"call me|nenne? mich|merke?|vergiss|recuerda|anota|souviens|retiens|ricorda|lembr\w+|llámame|llámeme|appelle[- ]moi|appelez[- ]moi|"
    r"chiamami|immer|niemals|nie|siempre|nunca|toujours|jamais|запомни)|记住|记得|记下|叫我|别忘|以后|总是|从不|覚えて|기억",
    re.IGNORECASE,
)
_ME: Final = re.compile(r"\b(?:me|us|mich|mir|uns|nos)\b", re.IGNORECASE)
_WORDS: Final = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_CLAUSES: Final = re.compile(
    r"[,;:()—–]|\s-\s|\b(?:since|because|as|but|and|so|given that|considering|although|though|while|if|when|who|"
    r"which|that|now that|weil|denn|da|wenn|und|aber|porque|"
    r"pero|y|si|parce que|car|mais|et|perché|ma|e|se|mas)\b|[，、；：]",
    re.IGNORECASE,
)
_OFFERS: Final = re.compile(
    r"\b(?:let me know|feel free|if you|you can|you could|you may|you might|you'll (?:need|want|see|find)|"
    r"you (?:should|need|want)|would you|do you|can you|could you|"
    r"are you|hope (?:this|that)|happy to|glad to|here to help|help you|"
    r"thank you|thanks for|your (?:question|request|message|query)|as an ai)\b",
    re.IGNORECASE,
)
_ABOUT_USER: Final = re.compile(
    r"\b(?:you|your|yours|you're|you've|we|our|du|dein\w*|sie|ihr\w*|tu|tus|su|vous|votre|vos|ton|tes|te|você|seu|sua)\b"
    r"|\bI(?:'ve| have|'ll| will| just)?\s+(?:now |also |already )?(?!(?:can|could|would|am|was|do|don|think|hope|"
    r"know|understand|see)\b)\w+ed\b"
    r"|\bI(?:'ve| have)\b|你|您|あなた|당신|вы|вас|ты|тебя",
    re.IGNORECASE,
)


def gate(messages: Sequence[Message], recent: Sequence[Message] = ()) -> bool:
    """Whether `messages` may hold something to remember; `recent` are those before them, for what a short answer answers."""
    before = recent[-1] if recent else None
    for message in messages:
        if message.role in ("user", "assistant"):
            text = _said(message)
            # A named assistant is a person in an imported conversation.
            speaks = message.role == "user" or message.name is not None
            if len(text) > MAX_READ or (_tells(text, before) if speaks else _informs(text)):
                return True
            before = message
    return False


def _said(message: Message) -> str:
    """The words of a message: no recalled memories, no code, no addresses."""
    text = _CODE_BLOCK.sub("\n", RECALLED.sub("\n", message.content[: 2 * MAX_READ]))
    lines = text.splitlines()
    code = [line for line in lines if line.strip() and _CODE_LINE.fullmatch(line[:500])]
    # One line that looks like code may be prose; code comes in several lines, or alone.
    if len(code) > 1 or (code and len(code) == sum(1 for line in lines if line.strip())):
        lines = [line for line in lines if line not in code]
    return _URL.sub(" ", "\n".join(lines)).replace("’", "'")


def _sentences(text: str) -> Iterator[str]:
    for match in _SENTENCE.finditer(text):
        sentence = match[0].strip(" \t\r\n*_>#-–—•\"'“”¡¿«»")
        if any(c.isalnum() for c in sentence):
            yield sentence


def _tells(text: str, before: Message | None) -> bool:
    """Whether a person's `text` holds a statement."""
    asked = before is not None and before.role == "assistant" and before.content.rstrip().endswith(("?", "？"))
    for sentence in _sentences(text):
        if asked and (len(sentence) < 60 or _ANSWER.match(sentence)) and not sentence.endswith(("?", "？")):
            return True
        if _is_small_talk(sentence) or _ANSWER.fullmatch(sentence.strip(" .!,")):
            continue
        if _ASKS_TO_KEEP.search(sentence):
            return True
        if sentence.endswith(("?", "？")):
            if _tells_in_passing(sentence):
                return True
        elif _ASKS_PLAINLY.match(sentence) or ORDERS.match(sentence) or ORDERS_UNSPACED.match(sentence):
            if _SELF.search(FOR_ME.sub("", sentence)) or _tells_after(sentence):
                return True
        else:
            return True
    return False


def _is_small_talk(sentence: str) -> bool:
    """Whether a sentence is made of nothing but greetings, thanks, agreement, laughter."""
    words = _WORDS.findall(sentence.casefold())
    at = 0
    while at < len(words):
        if not words[at].isascii() and (rest := _spoken(words[at])) != words[at]:
            words[at] = rest
            at += not rest
            continue
        step = next((n for n in range(min(LONGEST, len(words) - at), 0, -1) if " ".join(words[at : at + n]) in SMALL_TALK), 0)
        if not step and not LAUGHTER.fullmatch(words[at]):
            return False
        at += step or 1
    return True


def _spoken(word: str) -> str:
    """What is left of a run of letters in a script without spaces after the small talk it begins with."""
    found = next((phrase for phrase in UNSPACED if word.startswith(phrase)), "")
    return word[len(found) :]


def _tells_after(order: str) -> bool:
    """Whether an order gives its reason: "Explain it with examples, the definitions put me to sleep"."""
    clauses = [c.strip() for c in _CLAUSES.split(order)[1:]]
    return any(_ME.search(c) and not ORDERS.match(c) and not _ASKS.match(c) for c in clauses)


def _tells_in_passing(question: str) -> bool:
    """Whether a question says something beside what it asks: "Which cake can I bake, my son is allergic to nuts?"."""
    clauses = [c for c in _CLAUSES.split(question) if c.strip(" ?!.？")]
    asks_first = bool(_ASKS.match(question))
    if not asks_first and len(clauses) > 1 and len(clauses[0].split()) > 2:  # "Emma is twelve now, isn't that crazy?"
        return True
    return any(_SELF.search(FOR_ME.sub("", c)) and not _ASKS.match(c) for c in clauses[1 if asks_first else 0 :])


def _informs(text: str) -> bool:
    """Whether an assistant's `text` says something about the user or of what it did for them."""
    return any(
        not sentence.endswith(("?", "？"))
        and not _OFFERS.search(sentence)
        and _ABOUT_USER.search(sentence)
        and not _is_small_talk(sentence)
        for sentence in _sentences(text)
    )
