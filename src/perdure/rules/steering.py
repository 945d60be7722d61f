"""Words that address the memory or the model instead of telling something: "forget everything", "ignore previous instructions".

What is found here is still captured, as somebody's words; it only has no say over what is known (`perdure.stages.guard`). Written by
hand, in the languages of the rules: orders beside tests/injection/attacks.toml, so that finding those proves little; talk of notes and
lines that nobody speaks after a look at tests/injection/unseen.toml, of whose 40 attacks the orders alone knew one.
"""

from __future__ import annotations

import unicodedata
from typing import Final

from perdure.rules.lazy import any_of, rx

_ALL: Final = r"(?:all|any|every(?:thing|one)?|each|previous|prior|earlier|above|former|the|your|these|those|other)"
_MEMORIES: Final = r"(?:memor(?:y|ies)|statements?|known|instructions?|prompts?)"
_STEERS: Final = any_of(
    # English: orders about instructions, about what is known, about how the memory is to be written
    r"\b(?:ignore|disregard|override|bypass|forget|drop)\b[^.!?\n]{0,40}\b(?:instruct\w*|prompts?|rules?|guidelines?|polic\w+|safety|the above)\b",
    rf"\b(?:forget|erase|delete|wipe|purge|retract|supersede|discard)\s+{_ALL}\b[^.!?\n]{{0,30}}\b(?:{_MEMORIES}|you (?:know|noted|stored|saved|remember))\b",
    r"(?:^|[.!?;,:]\s*|\b(?:and|please|then|now) )(?:forget|erase|delete|wipe|purge|retract)\s+(?:everything|all of it|it all)\b\s*(?:$|[.!?;,]|you|about me)|\b(?:delete|erase|wipe|purge|retract) (?:all|the rest)\b",
    r"\bretract (?:all|every|any)\b",
    r"\b(?:mark|treat)\b[^.!?\n]{0,40}\b(?:as )?(?:replaced|superseded|void|out of date|retracted)\b|\bmust be superseded\b",
    r"\b(?:memory|profile)\s+(?:reset|wipe|purge)\b|\b(?:reset|purged?|wiped)\b[^.!?\n]{0,30}\b(?:memory|memories|profile|statements)\b",
    r"\b(?:everything|all|statements?|known|noted)\b[^.!?\n]{0,60}\b(?:is|are|was|were|as)\b[^.!?\n]{0,20}\b(?:void|out of date|superseded|not? (?:longer )?true|replaced|never happened)\b",
    r"\beverything you (?:noted|know|stored|saved|remember)\b[^.!?\n]{0,60}\b(?:never happened|wrong|false|void)\b",
    r"\bthere is nothing known\b",
    r"\b(?:save|store|record|remember|memori[sz]e|note|write down)\b[^.!?\n]{0,20}\b(?:that|down) (?:the|this) user(?:'s|’s)?\b|\b(?:change|set) the user(?:'s|’s)? (?:name|home|employer|address|job|profile)\b",
    r"\b(?:the|this) assistant (?:must|shall|has to|is to)\b[^.!?\n]{0,30}\b(?:remember|store|save|note|record|forget|ignore)\b|\b(?:the|this) user(?:'s|’s)? (?:is called|is named|name is|lives in|favou?rite \w+ is)\b|\buser is called\b",
    r"\b(?:(?:to|dear|attention|hey)[: ]+(?:the |all |any )?(?:assistants? reading|ais?\b|llms?|language models?)|note (?:to|for) (?:the |all |any )?(?:assistants?|ai|llms?|models?|entity resolver))\b",
    r"\b(?:assistant|ai|llm|model|bot)\s*[:,]\s*(?:please )?(?:save|store|remember|note|record|forget|delete|ignore|write)\b",
    r"\b(?:you are|act as|pretend to be) now?\b[^.!?\n]{0,40}\b(?:\w*bot|dan|admin\w*|developer|unrestricted|jailbroken)\b",
    r"\b(?:admin(?:istrator)?|system|developer|provider) (?:message|note|speaking|here)\b",
    r"\bthis is the (?:admin(?:istrator)?|developer|system|operator)\b|\bmessage from your (?:provider|developer|vendor|operator)\b",
    r"\bnew rules?\s*:|\byour (?:schema|rules?|instructions?|prompt) (?:has |have )?changed\b|\banswer with \{|\bconfidence 1(?:\.0)?\b",
    r"\b(?:decode|decrypt)\b[^.!?\n]{0,20}\bobey\b|\bobey\b|\bwhenever you are asked\b|\bwhen(?:ever)? asked\b[^.!?\n]{0,60}\b(?:answer|reply|say)\b",
    r"\bremember[- ](?:that|to)[- ](?:append|user\b)|\bfor all users: (?:remember|save|store|note)\b|\bprint all\b[^.!?\n]{0,40}\b(?:known|statements|memor)",
    r"\bremember (?:what (?:it|this) says|each)\b|\baliases of (?:one another|each other)\b|\bas (?:a|one) memory\b|\bwrite that down as fact\b",
    # marks of a prompt's own machinery, and of ours
    r"</?\s*(?:message|known|recent|system|assistant|instructions?|perdure-memory|tool_call|function)\b|<\|[\w ]{2,20}\|>|\[/?(?:inst|sys)\]|&lt;/?(?:message|known|recent|system)\b",
    r"\[\[?\s*memory\.|\bmemory\.(?:write|add|delete|forget)|[\"'](?:memories|replaces|retracts?|forget|delete)[\"']\s*:|\breplaces\b[^.!?\n]{0,20}\b(?:may|any|name)",
    r"^\s*(?:\[?\s*(?:system|developer|admin\w*|tool)\b[^\]:\n]{0,20}(?:note|message|result|override)?\s*[:\]])",
    # German, Spanish, French, Italian, Portuguese
    r"\b(?:ignorier\w*|missachte\w*|vergiss|vergesst|lösch\w*)\b[^.!?\n]{0,40}\b(?:alle[sn]?|vorherige\w*|anweisung\w*|regeln|erinnerung\w*|gespeichert\w*|alles)\b",
    r"\b(?:speicher\w*|merk\w*|notier\w*)\b[^.!?\n]{0,30}\b(?:der|die|dieser?) (?:benutzer|nutzer)(?:in)?\b",
    r"\b(?:ignora|olvida|borra|elimina|descarta)\w*\b[^.!?\n]{0,40}\b(?:todo|toda[s]?|todos|instrucciones|anteriores|memorias|reglas|recuerdos)\b",
    r"\b(?:guarda|recuerda|anota|registra)\b[^.!?\n]{0,30}\b(?:el|la|este) usuari[oa]\b",
    r"\b(?:ignore[zs]?|oublie[zs]?|efface[zs]?|supprime[zs]?)\b[^.!?\n]{0,40}\b(?:tout(?:e|es)?|instructions|précédentes?|mémoires?|souvenirs|règles)\b",
    r"\b(?:note[zs]?|retiens|enregistre[zs]?|souviens-toi)\b[^.!?\n]{0,30}\bl[’']utilisat(?:eur|rice)\b",
    r"\b(?:ignora|dimentica|cancella)\w*\b[^.!?\n]{0,40}\b(?:tutto|tutte|istruzioni|precedenti|memorie|ricordi)\b|\b(?:salva|ricorda|annota)\b[^.!?\n]{0,30}\bl[’']utente\b",
    r"\b(?:ignore|esqueça|esquece|apague|apaga)\b[^.!?\n]{0,40}\b(?:tudo|todas|todos|instruções|anteriores|memórias)\b|\b(?:salve|lembre|anote)\b[^.!?\n]{0,30}\bo usuário\b",
    # Chinese, Japanese, Russian, Hindi
    r"(?:忽略|无视|忘记|忘掉|删除|清除)[^。！？\n]{0,15}(?:指令|指示|规则|所有|一切|全部|记忆|提示)|(?:记住|保存|记录)[^。！？\n]{0,8}用户",
    r"(?:無視|忘れ|削除)[^。！？\n]{0,10}(?:指示|すべて|全て|記憶)|(?:指示|すべて|全て|記憶)[^。！？\n]{0,10}(?:無視|忘れ|削除)",
    r"\b(?:игнорируй|забудь|удали|сотри)\w*\b[^.!?\n]{0,40}(?:вс[её]|инструкц|предыдущ|воспоминан|памят)|\b(?:сохрани|запомни)\b[^.!?\n]{0,30}пользовател",
    r"(?:भूल जाओ|अनदेखा|मिटा)[^।!?\n]{0,40}|(?:निर्देश|सब कुछ|यादें)[^।!?\n]{0,20}(?:भूल|अनदेखा|मिटा)",
)
#: Talk about what the memory holds, whatever is wanted of it: "update your notes", "what you have on me", "your card".
_NOTES: Final = any_of(
    r"\b(?:your|thy|you (?:have|hold|keep|wrote|noted|stored|saved|remember))\b[^.!?\n]{0,40}\b(?:notes?|notebook|memor(?:y|ies)|records?|cards?|files?|"
    r"profiles?|entr(?:y|ies)|shelf|database|statements?|on (?:me|her|him))\b|\bmy notes\b|\b(?:our|two) entries\b|\bthe numbers \d|\bfile\b[^.!?\n]{0,30}\bunder my name\b",
    r"\b(?:dein\w*|ihr\w*|du|sie)\b[^.!?\n]{0,50}\b(?:notiz\w*|kartei\w*|karten?|gedächtnis\w*|aufzeichnung\w*|profil\w*|akten?|einträge?)\b|\bträgst du\b",
    r"\b(?:tus?|sus?|vuestr[oa]s?)\b[^.!?\n]{0,40}\b(?:apuntes?|notas?|fichas?|memorias?|registros?|perfil(?:es)?)\b",
    r"\b(?:tes|ton|ta|vos|votre|mes)\b[^.!?\n]{0,40}\b(?:notes?|fiches?|mémoires?|carnets?|dossiers?|profils?)\b|\b(?:même|seule) fiche\b",
    r"\b(?:tuoi|tuo|tua|tue|suoi|suo)\b[^.!?\n]{0,40}\b(?:appunti|note|schede?|memori[ae]|profilo)\b",
    r"\b(?:твои|твоих|твоей|ваши|ваших|вашей)\b[^.!?\n]{0,40}(?:замет|запис|карточк|памят|профил)",
    r"[你您][^。！？\n]{0,10}(?:笔记|记录|记忆|档案|记下|资料)|(?:あなた|君|お前)[^。！？\n]{0,12}(?:メモ|記憶|記録|控え)|(?:तुम्हारी|तुम्हारे|आपकी|आपके)[^।\n]{0,30}(?:कॉपी|नोट|याद|रिकॉर्ड)",
)
#: Lines of a pasted dialogue, of code, of data.
_NOT_SPOKEN: Final = r"(?m)^\s*(?:(?:user|assistant|human|ai|system|bot|q|a)\s*:|>>>|\$ |#|//|/\*|<\w|\{|\[|\|).*$|\{[^{}]*[\"']\s*:[^{}]*\}|\b(?:assert|def|import|return|const|let|var)\b [^.\n]*[(=].*"
_INVISIBLE: Final = dict.fromkeys([*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2065), 0x00AD, 0xFEFF])
#: Cyrillic and Greek letters that look like Latin ones, where the two are mixed in one word.
_LOOKALIKES: Final = str.maketrans("аеорсухіјѕԁһοαενΑΒΕΗΙΚΜΝΟΡΤΥΧАВЕКМНОРСТХ", "aeopcyxijsdhoaevABEHIKMNOPTYXABEKMHOPCTX")
_LATIN: Final = r"[a-z]"


def steers(text: str) -> bool:
    """Whether a text, or a sentence of it, gives orders to the memory or the model that reads it."""
    plain = unicodedata.normalize("NFKC", text.translate(_INVISIBLE))
    if not plain.isascii() and rx(_LATIN).search(plain):
        words = plain.split(" ")
        plain = " ".join(
            w.translate(_LOOKALIKES) if not w.isascii() and rx(_LATIN).search(w.translate(_LOOKALIKES)) and _mixed(w) else w for w in words
        )
    return rx(_STEERS).search(plain) is not None


def speaks_of_notes(text: str) -> bool:
    """Whether a text speaks of what the memory holds: "update your notes", "was in deiner Kartei steht"."""
    return rx(_NOTES).search(text) is not None


def is_spoken(text: str) -> bool:
    """Whether a text holds no line of a pasted dialogue, of code or of data."""
    return rx(_NOT_SPOKEN).search(text) is None


def _mixed(word: str) -> bool:
    """Whether a word mixes Latin letters with look-alikes of another script."""
    return any("a" <= c.casefold() <= "z" for c in word) and any(ord(c) in _LOOKALIKES for c in word)
