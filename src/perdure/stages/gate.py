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
from perdure.stages.validate import RECALLED

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
_SMALL_TALK: Final = re.compile(
    r"(?:(?:hi|hii+|hello|hey|yo|howdy|greetings|good (?:morning|afternoon|evening|night|day)|morning|evening|"
    r"welcome(?: back)?|thanks|thank you|"
    r"thank u|thx|ty|cheers|ta|ok|okay|k|kk|cool|great|nice|awesome|perfect|excellent|wonderful|amazing|fantastic|"
    r"super|sweet|sure|alright|"
    r"all right|got it|i see|right|wow|whoa|oh|ah|aha|hm+|huh|uh|um|lol|lmao|rofl|haha+|hehe+|bye|bye bye|goodbye|"
    r"see (?:you|ya)|later|"
    r"see you (?:later|soon|tomorrow)|take care|have a (?:nice|good|great) (?:day|one|evening|weekend|night)|"
    r"no problem|no worries|"
    r"you'?re welcome|my pleasure|sounds good|makes sense|understood|will do|well done|good job|please|continue|"
    r"go on|go ahead|next|more|"
    r"never ?mind|there|again|so much|very much|a lot|a million|everyone|all|guys|friend|buddy|man|mate|assistant|"
    r"bot|chatgpt|claude|gemini|"
    r"that(?:'s| is| was) (?:great|nice|cool|awesome|perfect|helpful|very helpful|good|fine|all|it|right|funny|"
    r"interesting|amazing)|"
    r"how are you|how are you doing|how(?:'s| is) it going|what'?s up|nice to meet you|hope you(?:'re| are) (?:well|"
    r"doing well)|for your help|"
    r"for (?:that|this|the help)|i appreciate it|appreciated|hallo|guten (?:tag|morgen|abend)|danke|danke schön|"
    r"bitte|tschüss|genau|hola|"
    r"buenos días|buenas (?:tardes|noches)|gracias|muchas gracias|adiós|vale|bonjour|bonsoir|salut|merci|"
    r"merci beaucoup|d'accord|au revoir|"
    r"ciao|grazie|grazie mille|buongiorno|buonasera|olá|oi|bom dia|boa (?:tarde|noite)|obrigad[oa]|tchau|привет|"
    r"здравствуйте|спасибо|пока|"
    r"你好|您好|谢谢|谢谢你|好的|嗯|再见|早上好|晚上好|こんにちは|ありがとう|ありがとうございます|はい|おはよう|안녕하세요|감사합니다|네|مرحبا|شكرا|नमस्ते|धन्यवाद|"
    r"merhaba|teşekkürler|cześć|dziękuję|hej|tack|hoi|dank je|bedankt)[\s,!.:;~]*)+",
    re.IGNORECASE,
)
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
_ORDERS: Final = re.compile(
    r"\s*(?:(?:and|but|so|hey|hi|hello|ok|okay|well|also|oh|please|now|then|kindly|maybe|just|thanks|great|sure|"
    r"alright|no|yes|again|instead)[,:!]?\s+)*"
    r"(?:write|tell|show|give|help|explain|find|make|create|list|suggest|recommend|translate|summari[sz]e|draft|"
    r"compose|generate|let'?s|let me|recap|"
    r"describe|compare|calculate|compute|open|play|search|look up|check|read|review|edit|proofread|rewrite|rephrase|"
    r"convert|act|pretend|"
    r"imagine|answer|continue|stop|start|try|provide|design|build|code|implement|debug|run|repeat|teach|define|"
    r"solve|outline|analy[sz]e|output|print|"
    r"format|sort|shorten|expand|simplify|elaborate|brainstorm|propose|walk me|come up|say|sing|count|spell|pick|choose|guess|"
    r"erkläre?|schreibe?|zeige?|gib|nenne|escribe|explica|dime|dame|muéstrame|traduce|écris|explique|donne|"
    r"montre|traduis|scrivi|spiega|dimmi|escreva|traduza)\b",
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
    r"call me|merke?|vergiss|recuerda|anota|souviens|retiens|ricorda|lembr\w+|запомни|记住|覚えて|기억)",
    re.IGNORECASE,
)
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
        sentence = match[0].strip(" \t\r\n*_>#-–—•\"'“”")
        if any(c.isalnum() for c in sentence):
            yield sentence


def _tells(text: str, before: Message | None) -> bool:
    """Whether a person's `text` holds a statement."""
    asked = before is not None and before.role == "assistant" and before.content.rstrip().endswith(("?", "？"))
    for sentence in _sentences(text):
        if asked and (len(sentence) < 60 or _ANSWER.match(sentence)) and not sentence.endswith(("?", "？")):
            return True
        if _SMALL_TALK.fullmatch(sentence) or _ANSWER.fullmatch(sentence.strip(" .!,")):
            continue
        if _ASKS_TO_KEEP.search(sentence):
            return True
        if sentence.endswith(("?", "？")):
            if _tells_in_passing(sentence):
                return True
        elif _ASKS_PLAINLY.match(sentence) or _ORDERS.match(sentence):
            if _SELF.search(sentence):
                return True
        else:
            return True
    return False


def _tells_in_passing(question: str) -> bool:
    """Whether a question says something beside what it asks: "Which cake can I bake, my son is allergic to nuts?"."""
    clauses = [c for c in _CLAUSES.split(question) if c.strip(" ?!.？")]
    asks_first = bool(_ASKS.match(question))
    if not asks_first and len(clauses) > 1 and len(clauses[0].split()) > 2:  # "Emma is twelve now, isn't that crazy?"
        return True
    return any(_SELF.search(c) and not _ASKS.match(c) for c in clauses[1 if asks_first else 0 :])


def _informs(text: str) -> bool:
    """Whether an assistant's `text` says something about the user or of what it did for them."""
    return any(
        not sentence.endswith(("?", "？"))
        and not _OFFERS.search(sentence)
        and _ABOUT_USER.search(sentence)
        and not _SMALL_TALK.fullmatch(sentence)
        for sentence in _sentences(text)
    )
