"""What is told of a relative, a friend or a pet in another language than English: who they are, and their own facts.

Data first: per language the word for "my", the words for kin, how a name is given, and what a third person's sentence says. A
fact is read only right after its subject ("Meine Schwester wohnt in Kiel", "Sie ist Ärztin"), so that a negation, a question or
a conditional, which all stand between, leaves it unread.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from perdure.rules.builder import Builder
from perdure.rules.engine import Reading
from perdure.rules.filing import file_of
from perdure.rules.grammar import Subject
from perdure.rules.languages import captured
from perdure.rules.lazy import rx
from perdure.rules.persons import kin_of, name_kin
from perdure.rules.spans import Span

_V = r"[^,;:.!?\n]+"
_N = r"(?-i:[A-ZÀ-ÖØ-Þ][\w'-]+(?: [A-ZÀ-ÖØ-Þ][\w'-]+)*)"
_END = r"(?=\s*(?:[,.;!]|$)|\s+(?:und|aber|y|e|pero|et|mais|ed|ma|mas)\b)"
MAX_SENTENCE = 400
"""Characters of a sentence that are read."""


@dataclass(frozen=True, eq=False, slots=True)
class Tongue:
    """One language. `kin`: its words, each with ours. `own`: "I have a" before a relative or a pet. `called`: before a name."""

    mine: str
    own: str
    called: str
    he: str
    she: str
    kin: dict[str, str]
    facts: tuple[str, ...]


def _words(rows: str) -> dict[str, str]:
    """Reads "sister schwester, brother bruder": each foreign word with ours."""
    return {word: row.split()[0] for row in rows.split(",") for word in row.split()[1:]}


TONGUES: tuple[Tongue, ...] = (
    Tongue(
        mine=r"(?:mein|meine|unser|unsere)(?:\s+(?:(?:ältere|jüngere|kleine|große|neue|beste)r?))?",
        own=r"(?:habe|hab|haben)(?:\s+(?:jetzt|auch|noch|wir|ich))*\s+(?:einen?|ein)(?:\s+(?:ältere|jüngere|kleine|große|neue|beste)[rn]?)?",
        called=r"(?:heißt|heisst|namens|mit (?:dem )?namen|(?:,\s*)?(?:der|die|das) (?=[A-ZÀ-Þ][\w-]+ heißt)|genannt)",
        he="er",
        she="sie",
        kin=_words(
            "sister schwester, brother bruder, daughter tochter, son sohn, wife frau ehefrau, husband mann ehemann, mother mutter mama, father vater "
            "papa, grandmother oma großmutter, grandfather opa großvater, aunt tante, uncle onkel, niece nichte, nephew neffe, cousin cousin cousine, "
            "girlfriend freundin, boyfriend freund, boss chef chefin, colleague kollege kollegin, neighbor nachbar nachbarin, dog hund hündin, "
            "cat katze kater, rabbit kaninchen hase, hamster hamster, parrot papagei, horse pferd"
        ),
        facts=(
            rf"(?:wohnt|lebt) (?:(?:jetzt|seit [\wäöü ]{{2,20}}|derzeit|zurzeit) )?in (?P<lives_in>{_N})",
            rf"ist (?:\w+ ){{0,2}}nach (?P<lives_in>{_N}) (?:um)?gezogen",
            rf"ist (?:stark |sehr |auch )?allergisch (?:gegen|auf) (?P<allergy>{_V})",
            r"hat eine (?P<allergy>[\wäöüß]+)allergie",
            rf"arbeitet (?:jetzt |seit [\w ]{{2,20}} )?als (?P<job_title>[\wäöüß-]+)(?: (?:bei|für) (?P<employer>{_N}))?",
            rf"arbeitet (?:jetzt |seit [\w ]{{2,20}} )?(?:bei|für) (?P<employer>{_N})(?: als (?P<job_title>[\wäöüß-]+))?",
            rf"(?:ist|wird) (?:jetzt |schon |gerade )?(?P<age>\d{{1,3}})(?: jahre(?: alt)?)?(?: geworden)?{_END}",
            rf"ist (?P<diet>vegetarier(?:in)?|veganer(?:in)?|vegetarisch|vegan){_END}",
            rf"ist (?P<job_title>(?-i:[A-ZÄÖÜ])[\wäöüß]*(?:lehrer|ärztin|arzt|ingenieur|pfleger|schwester|anwalt|anwältin|koch|köchin|bäcker|verkäufer|architekt|student|polizist|fahrer|programmierer|entwickler|journalist|künstler|musiker)(?:in)?|(?:Lehrer|Arzt|Ärztin|Ingenieur|Pfleger|Krankenschwester|Anwalt|Anwältin|Koch|Köchin|Bäcker|Architekt|Student|Polizist)(?:in)?){_END}",
            rf"studiert (?P<studies>{_N})",
            rf"mag (?:keine?n?) (?P<dislikes>{_V})",
            rf"mag (?P<dislikes>[^,;.!?]+?) (?:überhaupt |gar )?nicht{_END}",
            rf"(?:mag|liebt) (?:sehr |gerne? )?(?P<likes>{_V})",
            rf"spricht (?P<language>{_V})",
        ),
    ),
    Tongue(
        mine=r"(?:mi|nuestr[oa])",
        own=r"(?:tengo|tenemos|adopté|adoptamos)\s+un[ao]?",
        called=r"(?:se llama|que se llama|llamad[oa])",
        he="él",
        she="ella",
        kin=_words(
            "sister hermana, brother hermano, daughter hija, son hijo, wife esposa mujer, husband esposo marido, mother madre mamá, father padre papá, "
            "grandmother abuela, grandfather abuelo, aunt tía, uncle tío, niece sobrina, nephew sobrino, cousin primo prima, girlfriend novia, "
            "boyfriend novio, friend amigo amiga, boss jefe jefa, colleague compañero compañera colega, neighbor vecino vecina, dog perro perra, "
            "cat gato gata, rabbit conejo, hamster hámster, parrot loro, horse caballo"
        ),
        facts=(
            rf"vive (?:ahora )?en (?P<lives_in>{_N})",
            rf"se mudó a (?P<lives_in>{_N})",
            rf"es (?:muy )?alérgic[oa] (?:a los |a las |a la |al |a )(?P<allergy>{_V})",
            rf"tiene alergia (?:a los |a las |a la |al |a )(?P<allergy>{_V})",
            r"tiene (?P<age>\d{1,3}) años",
            rf"trabaja (?:como|de) (?P<job_title>[\wáéíóúñ ]+?)(?: (?:en|para) (?P<employer>{_N}))?{_END}",
            rf"trabaja (?:en|para) (?P<employer>{_N})",
            rf"es (?P<diet>vegetarian[oa]|vegan[oa]|celíac[oa]){_END}",
            rf"es (?P<job_title>ingenier[oa]|médic[oa]|profesora?|enfermer[oa]|abogad[oa]|arquitect[oa]|estudiante|periodista|cociner[oa]|maestr[oa]|dentista){_END}",
            rf"estudia (?P<studies>[\wáéíóúñ]+){_END}",
            rf"habla (?P<language>{_V})",
        ),
    ),
    Tongue(
        mine=r"(?:mon|ma|notre)(?:\s+(?:petite?|grande?))?",
        own=r"(?:j'ai|nous avons|on a)\s+une?",
        called=r"(?:s'appelle|qui s'appelle|appelée?|nommée?)",
        he="il",
        she="elle",
        kin=_words(
            "sister sœur soeur, brother frère, daughter fille, son fils, wife femme épouse, husband mari, mother mère maman, father père papa, "
            "grandmother grand-mère mamie, grandfather grand-père papi, aunt tante, uncle oncle, niece nièce, nephew neveu, cousin cousin cousine, "
            "girlfriend copine, boyfriend copain, friend ami amie, boss chef cheffe patron patronne, colleague collègue, neighbor voisin voisine, "
            "dog chien chienne, cat chat chatte, rabbit lapin, hamster hamster, parrot perroquet, horse cheval"
        ),
        facts=(
            rf"(?:habite|vit) (?:maintenant |actuellement )?(?:à|au|en|aux) (?P<lives_in>{_N})",
            rf"habite (?P<lives_in>{_N})",
            rf"a déménagé (?:à|au|en) (?P<lives_in>{_N})",
            rf"est (?:très )?allergique (?:aux |à la |à l'|au |à )(?P<allergy>{_V})",
            r"a (?P<age>\d{1,3}) ans\b",
            rf"travaille comme (?P<job_title>[\wéèêàâîôûç -]+?)(?: (?:chez|pour) (?P<employer>{_N}))?{_END}",
            rf"travaille (?:chez|pour) (?P<employer>{_N})",
            rf"est (?P<diet>végétarien(?:ne)?|végane?|vegan){_END}",
            rf"est (?P<job_title>ingénieure?|médecin|professeure?|infirmi(?:er|ère)|avocate?|architecte|étudiante?|journaliste|cuisini(?:er|ère)|enseignante?|comptable|dentiste|boulang(?:er|ère)){_END}",
            rf"étudie (?:le |la |les |l')?(?P<studies>[\wéèêàâîôûç]+){_END}",
            rf"parle (?P<language>{_V})",
            rf"(?:adore|aime) (?:les |la |le |l')(?P<likes>{_V})",
        ),
    ),
    Tongue(
        mine=r"(?:(?:il |la )?(?:mio|mia|nostro|nostra))",
        own=r"(?:ho|abbiamo)\s+un(?:[ao]\s+|'|\s+)?",
        called=r"(?:si chiama|che si chiama|di nome|chiamat[oa])",
        he="lui",
        she="lei",
        kin=_words(
            "sister sorella, brother fratello, daughter figlia, son figlio, wife moglie, husband marito, mother madre mamma, father padre papà, "
            "grandmother nonna, grandfather nonno, aunt zia, uncle zio, cousin cugino cugina, girlfriend ragazza fidanzata, boyfriend ragazzo "
            "fidanzato, friend amico amica, boss capo, colleague collega, neighbor vicino vicina, dog cane cagnolino, cat gatto gatta, "
            "rabbit coniglio, parrot pappagallo, horse cavallo"
        ),
        facts=(
            rf"(?:vive|abita) (?:ora |adesso )?(?:a|ad|in) (?P<lives_in>{_N})",
            rf"si è trasferit[oa] (?:a|ad|in) (?P<lives_in>{_N})",
            rf"è (?:molto )?allergic[oa] (?:alle |agli |ai |alla |al |all'|a )(?P<allergy>{_V})",
            r"ha (?P<age>\d{1,3}) anni\b",
            rf"lavora come (?P<job_title>[\wàèéìòù ]+?)(?: (?:in|per|alla|da|presso) (?P<employer>{_N}))?{_END}",
            rf"lavora (?:per|alla|da|presso) (?P<employer>{_N})",
            rf"è (?P<diet>vegetarian[oa]|vegan[oa]|celiac[oa]){_END}",
            rf"(?:è|fa) (?:un |una |il |la |l')?(?P<job_title>ingegnere|medico|professore(?:ssa)?|infermier[ea]|avvocat[oa]|architett[oa]|student(?:e|essa)|giornalista|cuoc[oa]|maestr[oa]|insegnante|dentista|dottoressa){_END}",
            rf"studia (?P<studies>[\wàèéìòù]+){_END}",
            rf"parla (?P<language>{_V})",
        ),
    ),
    Tongue(
        mine=r"(?:(?:o |a )?(?:meu|minha|nosso|nossa))",
        own=r"(?:tenho|temos|adotei|adotamos)\s+uma?",
        called=r"(?:se chama|que se chama|chama-se|chamad[oa])",
        he="ele",
        she="ela",
        kin=_words(
            "sister irmã, brother irmão, daughter filha, son filho, wife esposa mulher, husband esposo marido, mother mãe, father pai, "
            "grandmother avó, grandfather avô, aunt tia, uncle tio, niece sobrinha, nephew sobrinho, cousin primo prima, girlfriend namorada, "
            "boyfriend namorado, friend amigo amiga, boss chefe, colleague colega, neighbor vizinho vizinha, dog cachorro cachorra cão, "
            "cat gato gata, rabbit coelho, parrot papagaio, horse cavalo"
        ),
        facts=(
            rf"(?:mora|vive) (?:agora )?(?:em|no|na) (?P<lives_in>{_N})",
            rf"se mudou para (?:o |a )?(?P<lives_in>{_N})",
            rf"é (?:muito )?alérgic[oa] (?:a |ao |à |aos |às )(?P<allergy>{_V})",
            rf"tem alergia (?:a |ao |à |aos |às )(?P<allergy>{_V})",
            r"tem (?P<age>\d{1,3}) anos",
            rf"trabalha como (?P<job_title>[\wáâãàéêíóôõúç ]+?)(?: (?:na|no|para a|para o) (?P<employer>{_N}))?{_END}",
            rf"trabalha (?:na|no|para a|para o|para) (?P<employer>{_N})",
            rf"é (?P<diet>vegetarian[oa]|vegan[oa]|celíac[oa]){_END}",
            rf"é (?P<job_title>engenheir[oa]|médic[oa]|professora?|enfermeir[oa]|advogad[oa]|arquitet[oa]|estudante|jornalista|cozinheir[oa]|dentista){_END}",
            rf"estuda (?P<studies>[\wáâãàéêíóôõúç]+){_END}",
            rf"fala (?P<language>{_V})",
        ),
    ),
)
_MARKS = frozenset(
    "mein meine unser unsere habe haben er sie wohnt lebt ist arbeitet mag spricht studiert mi nuestro nuestra tengo tenemos adopté él ella vive tiene "
    "trabaja habla estudia mon ma notre ai avons il elle habite vit est travaille parle mio mia nostro nostra ho abbiamo lui lei abita lavora meu minha "
    "nosso nossa tenho temos adotei ele ela mora tem trabalha fala es è é ha hat a parla studia estuda étudie".split()
) - {"a"}
"""One of these stands in every sentence read here; most English sentences have none."""
_LINK = r"\s*(?:,\s*)?(?:und|y|e|et|ed)\s+|,\s+"
_UNSURE = r"\b(?:wenn|falls|ob|vielleicht|sagt|glaube|denke|si|quizás?|dice|creo|peut-être|dit|crois|pense|forse|penso|credo|talvez|diz|acho|dass)\b"
_BEFORE = r"(?:^|[,;:]\s*|\b(?:und|aber|weil|y|pero|porque|et|mais|ed?|ma|mas)\s+|\b(?:hola|hallo|salut|bonjour|ciao|oi|olá)[,!]?\s+)$"

_KIN_CHINESE = _words(
    "sister 姐姐 妹妹 姐 妹, brother 哥哥 弟弟, daughter 女儿, son 儿子, wife 妻子 老婆 太太, husband 丈夫 老公, mother 妈妈 母亲, father 爸爸 父亲, "
    "grandmother 奶奶 外婆, grandfather 爷爷 外公, friend 朋友, colleague 同事, boss 老板 上司, dog 狗, cat 猫"
)
_CHINESE_FACTS = (
    r"(?:现在)?住在(?P<lives_in>[\u4e00-\u9fff]{2,6}?)(?=[,，。！]|$)",
    r"(?:也|很)?对(?P<allergy>[\u4e00-\u9fff]{1,6})过敏",
    r"(?:今年|现在)?(?P<age>\d{1,3})岁",
    r"是(?:一名|一个|个)?(?P<job_title>老师|医生|律师|工程师|护士|学生|程序员|教师|厨师|司机|记者|设计师|会计|作家|警察)",
)


def read_relatives(b: Builder, start: int, end: int) -> list[Span]:
    """Files what a sentence in another language tells of others; returns the stretches of text that are spoken for."""
    end = min(end, start + MAX_SENTENCE)
    if any("\u4e00" <= c <= "\u9fff" for c in b.text[start:end]):
        return _chinese(b, start, end)
    if _MARKS.isdisjoint(rx(r"[^\W\d_]+").findall(b.text[start:end].casefold())):
        return []
    for tongue in TONGUES:
        taken = _read(b, tongue, start, end)
        if taken:
            return taken
    return []


@cache
def _subject(tongue: Tongue) -> str:
    words = "|".join(sorted(tongue.kin, key=len, reverse=True))
    return rf"\b(?:{tongue.mine})\s+(?P<kin>{words})(?!\w)(?:\s+(?P<name>{_N}))?(?P<gap>,?\s+|$|(?=[,.;!]))"


def _read(b: Builder, tongue: Tongue, start: int, end: int) -> list[Span]:
    taken: list[Span] = []
    words = "|".join(sorted(tongue.kin, key=len, reverse=True))
    for m in rx(rf"\b{tongue.own}\s*\b(?P<kin>{words})(?!\w),?\s+(?:{tongue.called})\s*(?P<name>{_N})").finditer(b.text, start, end):
        if rx(rf"{_UNSURE}|\b(?:no|non|não|nicht|n')\s*$").search(b.text, start, m.start()) is None:
            name_kin(b, b.speaker, tongue.kin[m.group("kin").lower()], *m.span("name"))
            taken.append(m.span())
    for m in rx(_subject(tongue)).finditer(b.text, start, end):
        before = b.text[start : m.start()]
        if rx(_BEFORE).search(before) is None or rx(_UNSURE).search(before) is not None:
            continue
        word = tongue.kin[m.group("kin").lower()]
        called = rx(rf"(?:{tongue.called})\s+(?P<name>{_N})").match(b.text, m.end(), end) if not m.group("name") else None
        if m.group("name") or called is not None:
            entity = name_kin(b, b.speaker, word, *(m.span("name") if called is None else called.span("name")))
            at = m.end() if called is None else called.end()
            link = rx(_LINK).match(b.text, at, end) if called is not None else None
            read_to = _facts(b, tongue, entity, link.end() if link else at, end)
            taken.append((m.start(), max(at, read_to)))
            continue
        found = _readings(b, tongue, m.end(), end)
        entity = kin_of(b, Subject("kin", kin=word), b.speaker) if found else None
        if entity is not None:
            taken.append((m.start(), _facts(b, tongue, entity, m.end(), end)))
    if not taken:
        taken += _pronoun_or_name(b, tongue, start, end)
    return taken


def _pronoun_or_name(b: Builder, tongue: Tongue, start: int, end: int) -> list[Span]:
    """Reads "Sie ist 6 Jahre alt", "Emma wohnt in Kiel" where it is known who that is."""
    m = rx(rf"(?:(?P<he>{tongue.he})|(?P<she>{tongue.she})|(?P<name>{_N}))\s+").match(b.text, start, end)
    if m is None or not _readings(b, tongue, m.end(), end):
        return []
    if m.group("name"):
        entity = b.discourse.named(m.group("name")) if m.group("name").casefold() in b.discourse.known else ""
    else:
        entity = b.discourse.pronoun("he" if m.group("he") else "she")
    return [(start, _facts(b, tongue, entity, m.end(), end))] if entity else []


def _readings(b: Builder, tongue: Tongue, at: int, end: int) -> list[Reading]:
    for pattern in tongue.facts:
        m = rx(pattern).match(b.text, at, end)
        if m is not None:
            found = [r for group, value in m.groupdict().items() if value for r in captured(b.text, group, m)]
            if found:
                return found
    return []


def _facts(b: Builder, tongue: Tongue, entity: str, at: int, end: int) -> int:
    """Files every fact that follows, joined by "and" or commas; returns where the last one ends."""
    while found := _readings(b, tongue, at, end):
        for reading in found:
            file_of(b, entity, reading)
        at = max(r.end for r in found)
        rest = rx(r"\s*(?:jahre(?: alt)?|allergie|años|ans|anni|anos|gezogen|umgezogen|nicht|gar nicht)\b").match(b.text, at, end)
        link = rx(_LINK).match(b.text, rest.end() if rest else at, end)
        if link is None:
            return at
        at = link.end()
        pronoun = rx(rf"(?:{tongue.he}|{tongue.she})\s+").match(b.text, at, end)
        at = pronoun.end() if pronoun else at
    return at


def _chinese(b: Builder, start: int, end: int) -> list[Span]:
    taken: list[Span] = []
    words = "|".join(sorted(_KIN_CHINESE, key=len, reverse=True))
    for m in rx(rf"我(?:家)?的?(?P<kin>{words})(?P<rest>[^，。！？,]*)").finditer(b.text, start, end):
        taken.append(m.span())
        for pattern in _CHINESE_FACTS:
            fact = rx(rf"(?:叫)?(?P<who>[\u4e00-\u9fff]{{2,3}}?)??{pattern}").match(b.text, *m.span("rest"))
            if fact is None:
                continue
            word = _KIN_CHINESE[m.group("kin")]
            named = fact.group("who") and rx(r"现在|今年|以前|从前|曾经|不|没|也|很").search(fact.group("who")) is None
            if fact.group("who") and not named:
                break
            entity = name_kin(b, b.speaker, word, *fact.span("who")) if named else kin_of(b, Subject("kin", kin=word), b.speaker)
            for group, value in fact.groupdict().items():
                if value and group != "who" and entity:
                    a, z = fact.span(group)
                    file_of(b, entity, Reading(group, a, z))
            break
    return taken
