"""What questions ask for, as data: trigger words and the attributes they point to, in the words of the slot table.

A rule fires when one of its trigger words stands in the question and its pattern, if it has one, is found in it. Words and
patterns are folded: lower case, Latin letters without accents. The order of the table is the order of the answer: what is
specific stands before what is general. Chinese is searched by substring, everything else by whole words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

from perdure.rules.dates_lexicon import words

Wants = Literal["", "time", "person", "place", "number", "list", "how", "yes_no"]


@dataclass(frozen=True, slots=True)
class Asks:
    """One row: any of `words` (and `when`, a pattern) asks for `attributes`; `unless` is a pattern that forbids it."""

    words: str
    attributes: str
    when: str = ""
    unless: str = ""


@dataclass(frozen=True, slots=True)
class Form:
    """A form of question: what it wants, and the pattern that shows it."""

    wants: Wants
    pattern: str


_MEAL = "diet allergy likes dislikes favorite_food"
_LAPTOP = (
    "laptop computer pc notebook desktop phone smartphone tablet headphones camera printer monitor router device devices gadget console"
)

ASKS: Final[tuple[Asks, ...]] = (
    # Contact and other exact things: the noun before "number" or "address" decides.
    Asks(
        "phone telephone mobile cell call",
        "phone",
        when=r"\b(?:phone|telephone|mobile|cell)(?: phone)? number|\bcall\b.*\bnumber|\breach\b",
    ),
    Asks("number", "phone", when=r"\b(?:my|his|her|their|s|your) number\b"),
    Asks("telefonnummer handynummer telefono telephone telefone", "phone"),
    Asks("email mail e-mail correo", "email"),
    Asks("address adresse direccion indirizzo endereco zip postcode", "address lives_in", unless=r"e-?mail"),
    Asks("blood blutgruppe", "blood_type"),
    Asks("timezone zeitzone", "timezone lives_in"),
    Asks("zone", "timezone lives_in", when=r"time zone"),
    Asks("warranty guarantee garantie garantia garanzia guaranteed", "warranty current_device device purchase"),
    Asks("budget", "budget"),
    Asks("bank banks banking banco banque banca", "bank", unless=r"\b(?:river|power|data|food|blood|left|right) bank\b"),
    Asks("lead leader leads", "boss", when=r"\b(?:team ?(?:lead|leader))\b"),
    Asks("salary wage income gehalt salario salaire stipendio", "salary"),
    Asks("earn make paid", "salary", when=r"how much (?:money )?(?:do|does|am|is) .*\b(?:earn|make|paid)\b"),
    # Trouble and its end before the thing that had it.
    Asks("fix fixed fixing solve solved resolve resolved repair repaired solution workaround", "solution issue device"),
    Asks(
        "gelost behoben losung solucion solucionar arreglar resolver resolu resoudre risolto soluzione solucao",
        "solution issue device",
    ),
    Asks(
        "issue issues problem problems trouble wrong broken error errors bug bugs broke crash crashing crashed failing overheating slow",
        "issue solution device",
    ),
    Asks("defekt kaputt problema problemas probleme problemes panne guasto समस्या", "issue solution device"),
    # Food and health.
    Asks("allergic allergy allergies allergen allergens epipen", "allergy diet condition"),
    Asks(
        "allergisch allergie allergien alergia alergias alergico alergica allergique allergies allergico allergica allergia allergie एलर्जी",
        "allergy diet",
    ),
    Asks(
        "eat eats food foods",
        "allergy diet dislikes",
        when=r"\b(?:can'?t|can not|cannot|shouldn'?t|doesn'?t|don'?t|not|never|avoid|allowed)\b",
    ),
    Asks("avoid serve serving safe", "allergy diet dislikes condition", when=r"\b(?:avoid|serve|serving|safe)\b.*"),
    Asks(
        "diet dietary vegetarian vegan vegetarisch vegetariano vegetarien vegetarienne gluten halal kosher meat restrictions",
        "diet allergy dislikes likes",
    ),
    Asks(
        "dinner lunch breakfast brunch cook cooking recipe recipes restaurant restaurants menu meal meals snack snacks bake barbecue",
        _MEAL,
    ),
    Asks(
        "abendessen kochen rezept cena cenar receta cocinar diner recette cuisiner cucinare ricetta jantar receita cozinhar",
        _MEAL,
    ),
    Asks(
        "medication medications medicine medicines meds pills pill prescription drug drugs medikament medikamente "
        "medicamento medicamentos medicament",
        "medication condition",
    ),
    Asks("take takes taking", "medication", when=r"\b(?:medic|pill|tablet|dose|every day|daily)"),
    Asks("condition conditions illness disease diagnosis diagnosed disorder sick injury injured surgery", "condition medication"),
    Asks("tall height gross", "height", when=r"how tall|height|wie gross"),
    Asks("weigh weighs weight", "weight"),
    Asks("appointment appointments meeting meetings termin cita citas appuntamento consulta", "appointment plan event"),
    Asks("doctor dentist therapist physician gp arzt medico medecin dottore", "doctor appointment"),
    # Favourites are read by the planner; the rest of taste here.
    Asks(
        "favorite favourite favorites favourites favorito favorita favoritos prefere preferee preferido preferida preferito preferita",
        "likes",
    ),
    Asks("gift gifts present presents geschenk regalo regalos cadeau regali presente surprise", "likes hobby dislikes birthday age"),
    Asks(
        "get buy give",
        "likes hobby dislikes birthday age",
        when=r"\b(?:should|could|can|to) .*\b(?:get|buy|give)\b.*\bbirthday|\b(?:get|buy|"
        r"give)\b.*\bfor\b.*\b(?:birthday|christmas|anniversary|graduation)",
    ),
    Asks("hate hates dislike dislikes disliked detest", "dislikes likes"),
    Asks("like likes enjoy enjoys love loves stand fond", "dislikes likes", when=r"\b(?:don'?t|doesn'?t|can'?t stand|not)\b"),
    Asks(
        "like likes enjoy enjoys love loves prefer prefers preference preferences preferred fond into fan taste tastes",
        "likes hobby dislikes",
        unless=r"\b(?:would|d) (?:like|love) to\b|\blooks? like\b",
    ),
    Asks("mag mogen liebe gern gerne gusta gustan encanta aime aimes adore piace piacciono gosto gosta पसंद", "likes dislikes hobby"),
    Asks("coffee tea drink drinks beer wine kaffee cafe", "likes favorite_drink dislikes diet routine"),
    Asks("hobby hobbies pastime pastimes interests interested hobbys passatempo aficiones loisirs", "hobby likes"),
    Asks("time weekends fun", "hobby likes routine", when=r"\b(?:free|spare) time|\bfor fun\b|on weekends"),
    Asks(
        "sport sports music book books movie movies film films song songs band bands game games show shows genre series",
        "likes hobby favorite_{word}",
        unless=r"\b(?:i|to|we|please) (?:book|show|play)\b",
    ),
    # Time of life.
    Asks("birthday bday birthdate geburtstag cumpleanos anniversaire compleanno aniversario जन्मदिन", "birthday age"),
    Asks(
        "old age years alt alter anos ans anni idade edad उम्र",
        "age birthday",
        when=r"how old|\bage\b|wie alt|alter\b|cuantos anos|quel age|quanti anni|quantos anos|idade|edad|उम्र",
    ),
    Asks(
        "born geboren nacio nacido ne nee nato nata nascido nasceu nasci naci",
        "birthday age",
        when=r"\b(?:when|what year|what date|wann|cuando|quand|quando)\b",
    ),
    Asks("born geboren nacio nacido ne nee nato nata nascido nasceu nasci naci", "from birthday"),
    Asks("anniversary", "anniversary spouse"),
    Asks(
        "married marry wedding single divorced engaged relationship verheiratet casado casada marie mariee sposato sposata dating",
        "marital_status spouse partner anniversary",
    ),
    # Work and study.
    Asks("living", "job_title employer", when=r"\bfor (?:a|my|his|her|their) living"),
    Asks(
        "do does",
        "job_title employer",
        when=r"\bwhat (?:do|does|did) (?:[\w'’-]+ ){1,4}do(?: for work| professionally)?\s*\??$|\bdo for (?:a living|work)",
        unless=r"\b(?:what|when|how) did\b",
    ),
    Asks(
        "arbeite arbeitet arbeitest trabajo trabaja trabajas travaille travailles lavoro lavora lavori trabalho trabalha",
        "employer job_title",
        when=r"^(?:wo|donde|ou|dove|onde|fur wen|para quien|pour qui|per chi|para quem)\b",
    ),
    Asks("employer company workplace firm arbeitgeber firma empresa entreprise azienda", "employer job_title"),
    Asks(
        "work works working worked",
        "employer job_title",
        when=r"\b(?:for|where|who|whom|company|at)\b",
        unless=r"\bwork(?:ing|ed)? on\b|\b(?:fix|issue|problem)",
    ),
    Asks(
        "work works working employed job jobs occupation profession career role arbeit beruf trabajo trabaja trabajas "
        "travail travaille travailles metier profession lavoro lavora lavori trabalho trabalha emprego profissao "
        "काम नौकरी arbeite arbeitet arbeitest",
        "job_title employer",
        unless=r"\bwork(?:ing|ed)? on\b|\b(?:does|do|did|will|would|not) (?:it|this|that|the [\w ]+) work\b",
    ),
    Asks("team teammates", "colleague"),
    Asks(
        "study studies studying studied major majoring degree studiere studiert studio estudio estudia etudie etudes "
        "studia estudo estuda पढ़ता",
        "studies school",
    ),
    Asks(
        "school university college alma universitat schule universidad universite scuola universita escola faculdade",
        "school studies",
    ),
    # Places.
    Asks(
        "live lives living lived reside resides residing residence",
        "lives_in address",
        unless=r"\bfor (?:a|my|his|her|their) living",
    ),
    Asks(
        "wohne wohnt wohnst wohnen gewohnt lebe lebt leben vivo vive vives viven vivia vivi habite habites habitent "
        "habitais vis abito abita abiti moro mora moras moram morava रहता रहती रहते",
        "lives_in address",
    ),
    Asks(
        "based located move moved moving relocate relocated relocating gezogen umgezogen mudado demenage trasferito",
        "lives_in employer plan",
        unless=r"\bbased on\b",
    ),
    Asks("hometown grow grew raised heimatstadt", "from lives_in"),
    Asks("from", "from lives_in nationality", when=r"\bwhere(?: is| are| am| do| does|'s|s)? .*\bfrom\s*\??$"),
    Asks("city country town stadt land ciudad ville citta cidade pais pays paese neighborhood शहर", "lives_in from"),
    Asks("home house apartment flat wohnung casa maison", "lives_in address"),
    # People and animals: the planner adds the slot of the kin word itself.
    Asks("pet pets animal animals haustier haustiere mascota mascotas animaux animali", "pet"),
    Asks("family relatives familie familia famille famiglia परिवार", "spouse partner child parent sibling relative"),
    # Things.
    Asks(_LAPTOP, "current_device device owns purchase"),
    Asks(
        "car cars vehicle drive drives driving auto coche voiture macchina carro गाड़ी",
        "car owns",
        unless=r"\b(?:hard|flash|google|usb|thumb) drive",
    ),
    Asks(
        "buy bought purchase purchased order ordered cost price spend spent paid gekauft kaufte compre comprado achete comprato comprei",
        "purchase owns device",
    ),
    Asks("own owns owned", "owns device car purchase"),
    # What is ahead, what has been.
    Asks(
        "plan plans planning planned planen plane planes projets piani planos schedule scheduled upcoming calendar agenda",
        "plan appointment event travel",
        unless=r"\bplan (?:a|an|the|my|our|me|some) ",
    ),
    Asks(
        "trip trips travel travels travelled traveled travelling vacation holiday holidays flight flights visit "
        "visited visiting been reise urlaub viaje vacaciones voyage vacances viaggio vacanze viagem ferias",
        "travel plan event",
    ),
    Asks("seat airline hotel", "likes travel dislikes"),
    Asks("goal goals resolution dream dreams ziel ziele meta metas objectif obiettivo objetivo aim", "goal plan"),
    Asks("routine routines habit habits usually exercise workout gym", "routine hobby membership"),
    Asks("member membership memberships subscription subscriptions subscribed club", "membership"),
    Asks("skill skills instrument instruments", "skill hobby"),
    Asks("play plays playing", "hobby skill", when=r"\bplay"),
    Asks(
        "have doing do got",
        "plan appointment event",
        when=r"\bwhat (?:do|am|are|have) (?:i|we) (?:have|doing|got|going to do)\b|\bplanned\b|\bcoming up\b",
    ),
    Asks("happened happen event events happening", "event plan"),
    # Who someone is.
    Asks(
        "language languages speak speaks sprache sprachen spreche idioma idiomas langue langues lingua lingue hablo hablas",
        "language",
    ),
    Asks("nationality citizenship citizen", "nationality from"),
    Asks("religion religious faith", "religion"),
    Asks("nickname goes", "nickname name"),
    Asks(
        "name names called heisse heisst heissen llamo llama llamas nombre appelle nom prenom chiamo chiama nome chamo chama नाम",
        "name",
    ),
    Asks("who wer quien qui chi quem", "name", when=r"\bwho am i\b|\bwer bin ich\b|\bquien soy\b|\bqui suis\b"),
)

# Chinese: a substring asks for the attributes.
ASKS_CHINESE: Final[tuple[tuple[str, str], ...]] = (
    ("电话|手机号", "phone"),
    ("邮箱|邮件", "email"),
    ("地址", "address lives_in"),
    ("保修", "warranty"),
    ("解决|修好", "solution issue"),
    ("问题|故障|毛病", "issue solution device"),
    ("过敏", "allergy diet"),
    ("不能吃|忌口", "allergy diet dislikes"),
    ("素食|吃素|饮食", "diet allergy"),
    ("晚饭|晚餐|做饭|餐厅|菜", _MEAL),
    ("药", "medication condition"),
    ("生日", "birthday age"),
    ("多大|几岁|年龄", "age birthday"),
    ("礼物", "likes hobby birthday"),
    ("结婚|婚", "marital_status spouse"),
    ("住|搬", "lives_in address"),
    ("哪里人|家乡|老家|出生", "from lives_in"),
    ("公司|上班", "employer job_title"),
    ("工作|职业", "job_title employer"),
    ("学校|大学", "school studies"),
    ("专业|学什么", "studies school"),
    ("不喜欢|讨厌", "dislikes likes"),
    ("喜欢|爱好|兴趣", "likes hobby"),
    ("宠物", "pet"),
    ("电脑|手机|设备|笔记本", "current_device device owns"),
    ("车", "car owns"),
    ("计划|打算|安排", "plan appointment"),
    ("旅行|旅游|去过", "travel plan"),
    ("目标", "goal"),
    ("语言", "language"),
    ("名字|叫什么|姓名", "name"),
)
KIN_CHINESE: Final[tuple[tuple[str, str], ...]] = (
    ("妻子|老婆|太太|丈夫|老公|先生", "spouse"),
    ("男朋友|女朋友", "partner"),
    ("女儿|儿子|孩子", "child"),
    ("妈妈|爸爸|母亲|父亲|父母", "parent"),
    ("哥哥|弟弟|姐姐|妹妹", "sibling"),
    ("朋友", "friend"),
    ("同事", "colleague"),
    ("老板|上司", "boss"),
    ("狗|猫", "pet"),
    ("医生", "doctor"),
)
FAVORITES_CHINESE: Final[dict[str, str]] = {
    "颜色": "color",
    "食物": "food",
    "菜": "food",
    "电影": "movie",
    "音乐": "music",
    "书": "book",
    "水果": "fruit",
}

# A relative, companion or animal: attribute of the one it belongs to.
KIN: Final[dict[str, str]] = {
    word: attribute
    for attribute, words in {
        "spouse": "wife husband spouse hubby ehefrau ehemann frau mann esposa esposo marido mujer femme mari epouse moglie marito पत्नी पति",
        "partner": "girlfriend boyfriend fiance fiancee partner freundin freund novia novio copine copain fidanzata "
        "fidanzato namorada namorado",
        "child": "kid kids child children son sons daughter daughters baby twins toddler kind kinder tochter sohn "
        "hijo hijos hija hijas fille fils "
        "enfant enfants figlio figli figlia figlie filho filhos filha filhas बेटा बेटी बच्चे",
        "parent": "mother mom mum mama father dad papa parents parent mutter vater eltern madre padre padres mere "
        "pere genitori mae pai pais माँ पिता",
        "sibling": "brother brothers sister sisters sibling siblings bruder schwester geschwister hermano hermana "
        "hermanos hermanas frere soeur freres "
        "soeurs fratello sorella fratelli sorelle irmao irma irmaos भाई बहन",
        "friend": "friend friends bestie buddy roommate flatmate housemate amigo amiga amigos ami amie amis amico amica amici दोस्त",
        "relative": "aunt uncle cousin cousins grandmother grandma granny grandfather grandpa niece nephew nephews "
        "nieces grandson granddaughter "
        "grandchildren oma opa tante onkel abuela abuelo nonna nonno",
        "neighbor": "neighbor neighbour neighbors neighbours nachbar nachbarin vecino vecina voisin voisine vicino",
        "boss": "boss manager supervisor chef jefe jefa capo chefe",
        "colleague": "colleague colleagues coworker coworkers teammate kollege kollegin kollegen",
        "pet": "dog dogs cat cats puppy kitten hamster rabbit parrot horse hund hunde katze katzen perro perros gato "
        "gatos perra gata chien chiens chat "
        "chats cane cani gatto gatti cachorro cachorros कुत्ते कुत्ता बिल्ली",
    }.items()
    for word in words.split()
}

SELF_WORDS: Final = words(
    "i me my mine myself we us our ours ich mich mir mein meine meiner meinen meinem meines wir "
    "uns unser unsere unseren yo mi mis mio mia nosotros "
    "nuestro nuestra je j moi mon ma mes nous notre nos io mie miei noi nostro nostra eu meu minha meus minhas nosso "
    "nossa मैं मेरा मेरी मेरे मुझे हम हमारा "
    "i'm i've i'd i'll vivo moro"
)
SELF_CHINESE: Final = re.compile("我|咱")
MINE: Final = words(
    "my our mine mein meine meiner meinen meinem unser unsere mi mis nuestro nuestra mon ma mes notre "
    "nos mio mia mie miei nostro nostra meu minha meus "
    "minhas nosso nossa मेरा मेरी मेरे हमारा हमारी"
)
THIRD: Final = words(
    "she he her his him they their them er sie ihr ihre sein seine ella el su sus elle il lui son sa ses lei suo sua ele ela"
)
THIRD_ENGLISH: Final = words("she he her his him they their them hers theirs")

WANTS: Final[tuple[Form, ...]] = (
    Form(
        "number",
        r"\bhow (?:many|much|old|tall|far|big|heavy|often)\b|\bwie (?:viele?|alt|gross|oft)\b|\bcuant[oa]s?\b|"
        r"\bcombien\b|\bquant[ioae]s?\b|\bquel age\b|\bwhat number\b|कितन",
    ),
    Form(
        "time",
        r"\bwhen\b|\bwhat (?:time|date|day|year|month)\b|\bwhich (?:day|year|month|date)\b|\bhow (?:long|"
        r"recently)\b|\bsince when\b|\bwann\b|\bcuando\b|\bquand\b|\bquando\b|\bwie lange\b|कब",
    ),
    Form(
        "how",
        r"\bhow (?:did|do|does|to|can|could|should|was|were)\b|^how\b(?! (?:is|are|old))|^wie (?!heiss|alt)|"
        r"^como (?!se llama|me llamo)|^comment (?!s|je m)|^come (?!si chiam|mi chiam)|कैसे",
    ),
    Form(
        "place",
        r"\bwhere\b|\b(?:what|which) (?:city|country|town|place|state|restaurant|street|hotel)\b|^wo\b|\bwoher\b|"
        r"\bwohin\b|^in welcher stadt|\badonde\b|\bdonde\b|\bou\b|\bdove\b|\bonde\b|कहाँ|कहां",
    ),
    Form(
        "list",
        r"^(?:list|show|name) |\blist (?:all|my|the)\b|\ball (?:of )?(?:my|the)\b|\bwhich (?!is |was |are |"
        r"were )\w+s\b|\bwhat (?:\w+ )?(?!is |was |does |has )\w+s (?:do|did|have|am|are|has|does)\b|^what are\b|"
        r"\bwhat (?:else|all)\b|\bwelche (?!farbe)\w+\b|^que \w+s \b|^quels\b|^quelles\b|^quali\b|^quais\b",
    ),
    Form(
        "person",
        r"\bwho(?:m|se|'s)?\b|\bwhat(?:'s| is| was) (?:[\w']+ ){0,4}(?:wife|husband|partner|girlfriend|"
        r"boyfriend|boss|sister|brother|daughter|son|mother|father|mom|dad|friend|manager|doctor|dentist|neighbou?r|"
        r"cousin|aunt|uncle) name|^wer\b|\bwem\b|\bquien(?:es)?\b|^qui\b|^chi\b|\bquem\b|कौन",
    ),
    Form(
        "yes_no",
        r"^(?!.* or )(?!was (?:ist|war|hat|habe|mag|sind|fur))(?:am|is|are|do|does|did|was|were|have|has|had|"
        r"can|could|will|would|should|isn't|aren't|don't|doesn't|didn't|haven't) |^(?:bin|habe|hat|ist|war|kann) |"
        r"^(?:tengo|soy|estoy) |^(?:est-ce|ai-je|suis-je) |^(?:ho|sono) |^(?:tenho|sou|estou) |^क्या",
    ),
)
WANTS_CHINESE: Final[tuple[Form, ...]] = (
    Form("number", "多少|几个|几岁|多大"),
    Form("time", "什么时候|何时|几点|几号|多久"),
    Form("place", "哪里|哪儿|哪个城市|在哪"),
    Form("list", "哪些"),
    Form("person", "谁"),
    Form("how", "怎么|如何"),
    Form("yes_no", "吗[？?]?$|有没有|是不是"),
)

LATEST: Final = (
    r"\b(?:latest|most recent(?:ly)?|recent(?:ly)?|current(?:ly)?|nowadays|these days|now|newest|last|still|any ?more|"
    r"at the moment|right now|lately|"
    r"aktuell(?:e|en|er)?|derzeit|jetzt|zuletzt|momentan|actual(?:mente)?|ahora|ultim[oa]|actuellement|maintenant|"
    r"derni(?:er|ere)|attualmente|adesso|"
    r"atual(?:mente)?|agora)\b|现在|目前|最近|最新|अभी"
)
EARLIEST: Final = (
    r"\b(?:first|original(?:ly)?|initial(?:ly)?|earliest|before|previous(?:ly)?|former(?:ly)?|used to|oldest|prior|"
    r"in the beginning|at first|"
    r"zuerst|ursprunglich|fruher|vorher|primer[oa]?|antes|originalmente|premier|premiere|avant|prima|primo|"
    r"primeir[oa])\b|以前|之前|最初|第一|पहले"
)
NOT_ORDER: Final = (
    r"\b(?:first|last|second)[ -](?:name|aid|class|language|grade)\b|\bat last\b|\bat first sight\b|"
    r"\bbefore (?:i|we|bed|the|my)\b"
)
