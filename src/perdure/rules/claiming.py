"""Words that decide whether one sentence bears out another: numbers, negation, hedges, opposites. Data, in five languages.

English, German, Spanish, French and Chinese. Latin words are folded as `fold` does: lower case, without accents. A Chinese entry is
looked for as it stands, for Chinese has no spaces.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from perdure.rules.words import terms


def fold(text: str) -> str:
    """Lower case without accents and ligatures; full-width forms become plain ones."""
    lowered = unicodedata.normalize("NFKD", text.replace("ß", "ss").replace("’", "'")).casefold()
    return "".join(c for c in lowered if not unicodedata.combining(c))


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


def _forms(words: str) -> frozenset[str]:
    """Words, and their stems as the index has them."""
    return _set(words) | {term for word in words.split() for term in terms(word)}


def _groups(rows: str) -> dict[str, frozenset[int]]:
    """Word, and its stem, to the numbers of the rows it stands in."""
    found: dict[str, set[int]] = {}
    for number, row in enumerate(rows.strip().split("\n")):
        for word in _forms(row):
            found.setdefault(word, set()).add(number)
    return {word: frozenset(rows) for word, rows in found.items()}


#: Words that carry no content of their own; the index's stop words are English only.
STOP: Final = _set("""
a about also am an and any are as at be because been being but by can could did do does done doing down for from had has have having he her
hers him his how i if in into is it its just like me mine more most my myself of off on once one or other our ours out over own per s so some
such than that the their them then there these they this those through to too under until up us very was we were what when where which while
who whom whose why will with would you your yours yourself currently now already still since according based memory notes user
say said tell told ask asked mention mentioned note noted know known used get gets got going go goes take takes took taken happen happened place thing
something anything called call named name calls run runs suit let rather than instead best longer these days nowadays anymore
aber als also am an auch auf aus bei bin bis bist da dann das dass dein deine deinem deinen deiner dem den der des dich die dir dort du durch
ein eine einem einen einer er es euch euer eure eurem euren fur gerade habe haben habt hast hat hatte ich ihm ihn ihr ihre ihrem ihren ihrer im in
ist jetzt man mein meine meinem meinen meiner mich mir mit nach noch nun ob oder pro schon sehr seid sein seine seinen seiner seit sich sie sind
so uber um und uns unser unsere unserem unseren vom von vor war was weil wenn werde werden wie wir wird wirst wo wurde zu zum zur heisst heisse
al algo como con cual cuando de del desde donde el ella ellas ellos en era eres es esa ese eso esta estas este esto estoy fue ha habeis han has
hay he la las le les lo los mas me mi mis mucho muy nos nosotros nuestra nuestro o os para pero por porque que se ser si sin sobre son soy su sus
te tengo tenemos tiene tienen tienes tu tus un una unas uno unos vosotros y ya yo llama llamas llamo llaman estas esten estan posible que viene
a au aux avec c ce ces cette chez comme d dans de depuis des du elle elles en es est et etais etait etes eux il ils j je l la le les leur leurs lui
m ma mais me mes moi mon n nos notre nous on ont ou par plus pour qu que qui s sa se ses si son sont suis sur t ta te tes toi ton tu un une vos
votre vous y ai as a avez avons ont appelle appelles appelons deja
""")
STOP_CHINESE: Final = frozenset(
    "我你您他她它们的了是在有和与跟也都就还很把被对于要会这那个一之为从到着过得地家叫名吗呢吧啊，。、；：！？“” "
)

#: Words that turn a clause round.
NEGATORS: Final = _set("""
no not never none nobody nothing neither nor cannot without nicht kein keine keinen keinem keiner keines nie niemals nichts niemand ohne weder
nunca jamas nada nadie ningun ninguna ninguno sin tampoco ne n pas plus jamais
rien aucun aucune sans
""")
NEGATORS_CHINESE: Final = ("不再", "没有", "没", "不", "从未", "未", "别", "无法")
#: Words that say no in themselves: a negated claim may rest on them.
WEAK_NEGATORS: Final = _set("""
avoid avoids avoided hate hates hated dislike dislikes disliked detest detests loathe quit quits stop stops stopped cancel canceled cancelled
cancels refuse refuses refused lack lacks fail fails failed unable intolerant allergic vegetarian vegan former ended lost sold broken
broke leak leaks hasse verabscheue allergisch vegetarier vegetarierin veganer veganerin vegan vegetarisch defekt kaputt abgesagt odio detesto
alergico alergica vegetariano vegetariana vegano vegana roto deteste deteste allergique vegetarien vegetarienne vegetalien panne
stand abide unpaid unfinished unemployed
""")
WEAK_CHINESE: Final = ("讨厌", "过敏", "素食", "吃素", "取消", "坏了", "停止")

#: Of these, those by which something comes to an end: what ended is not told as going on.
CEASED: Final = _forms("""
stop quit avoid cancel refuse abandon aufgehort abgesagt gekundigt dejado arrete arretes cesse stopped cancelled canceled
""")
CEASED_CHINESE: Final = ("停止", "取消", "戒")
#: What is to come, in a source; and what is done, in a claim.
TO_COME: Final = re.compile(r"\b(?:will|going to|shall|plans? to)\b|'ll\b|下个?[月周年]|明[天年]|将")
DONE: Final = re.compile(
    r"\b(?:has|have|had) (?!to\b)(?:\w+ ){0,2}?\w+(?:ed|en|wn|ne|nt|ught|pt|de|ld|id|t)\b|\b(?:was|were|did)\b|^you \w+ed\b|了。?$"
)

#: Words that make a statement a possibility, a wish or a plan; and those that only report what was proposed.
HEDGES: Final = _set("""
might maybe perhaps possibly probably consider considering considers considered thinking think thinks thought weigh weighing want wants wanted
hope hopes hoping wish wishes wishing plan plans planning planned intend intends dream dreaming could likely unsure undecided
interested wonder wondering debating option saving aims aim toying would
vielleicht moglicherweise eventuell uberlege uberlegen uberlegst uberlegt mochte mochten mochtest wurde wurden wurdest wurdet plane planen planst plant
hoffe hoffen hoffst wunsche wunscht wollen willst wollt konnte konnten vorhabe putting aside
quizas quiza talvez posible posiblemente quiero quiere quieres queremos espero esperas planeo planeas gustaria pienso piensas puede podria
podriamos considerando deseas deseo
peut-etre possible possiblement veux voudrais voudrait voulons voulez aimerais aimerait envisage envisages envisageons espere esperes souhaite
souhaites pense penses pourrais pourrait compte comptes
suggest suggested suggests recommend recommended recommends propose proposed proposes offer offered offers advise advised advises
vorgeschlagen empfohlen empfiehlt angeboten sugirio sugerido recomendo recomendado ofrecio propose suggere conseille recommande offert
""")
HEDGES_CHINESE: Final = ("可能", "也许", "或许", "想", "打算", "希望", "考虑", "计划", "愿望", "建议", "推荐")
#: Words that make a claim larger than what was said, unless it was said so.
ABSOLUTES: Final = _set("""
always every all only whole entire ever fully completely totally entirely immer jede jeden jedem jeder jedes alle nur vollstandig ganz
siempre todo todos todas solo completamente toujours tous toutes tout seulement completement
""")
#: Words by which a claim speaks of the past.
PAST: Final = _set("""
was were had did used formerly previously earlier until once lived worked played owned studied rented ago former war waren fruher damals ehemals
wohnte arbeitete spielte hatte hattest warst vivia vivias trabajaba trabajabas antes era eras tenia tenias jugaba habitais habitait
travaillais travaillait avant autrefois etait etais avais avait jouais
""")
PAST_CHINESE: Final = ("以前", "曾经", "曾", "过去", "原来", "之前")

#: Pairs of which one cannot be read for the other; a slash stands between the sides.
_OPPOSITES: Final = """
like love enjoy prefer adore fond keen / hate dislike detest loathe
buy bought purchase / sell sold
lend lent / borrow borrowed
morning mornings am / evening evenings night pm afternoon
afternoon afternoons / evening evenings night
left / right
north northern / south southern east west
east eastern / west western south
kitchen / bathroom bedroom garage
working intact / broken defective faulty
start starts begin begins starting / stop stops end ends finish
arrive arrives arrival / leave leaves depart departure
open opened / closed shut
win won / lose lost
married / single divorced engaged
engaged / divorced single
indoors inside / outdoors outside
cold / hot warm
cheap / expensive
before / after
more / less fewer
increase increased rise rose / decrease decreased fell drop dropped
true / false
dog dogs puppy greyhound perro perra chien chienne hund / cat cats kitten gato gata chat chatte katze
violin violon geige violin / cello violoncelle violonchelo piano klavier viola guitar guitare
piano klavier / cello violoncelle guitar guitare viola
train zug tren bahn / car auto coche voiture plane flugzeug avion bus bike fahrrad
plane flugzeug avion / car auto coche voiture bus
tea tee / coffee kaffee cafe
mag liebe magst liebst / hasse hasst verabscheue
gekauft / verkauft
links linke linken / rechts rechte rechten
morgens vormittags / abends nachmittags nachts
gusta encanta amo / odio detesto
manana / tarde noche
izquierda izquierdo / derecha derecho
compre compraste compro / vendi vendiste vendio
aime adore aimes adores / deteste deteste hais
matin / soir apres-midi nuit
gauche / droite droit
achete / vendu
public / private
up / down
accept accepted / reject rejected decline declined
pass passed / failed fail
"""
OPPOSITES: Final = {
    (a, b)
    for row in _OPPOSITES.strip().split("\n")
    for left, _, right in [row.partition(" / ")]
    for one, other in ((left, right), (right, left))
    for a in _forms(one)
    for b in _forms(other)
}
OPPOSITES_CHINESE: Final = (
    ("早上", "晚上"), ("上午", "下午"), ("上午", "晚上"), ("早上", "下午"), ("猫", "狗"), ("左", "右"), ("买", "卖"), ("喜欢", "讨厌"),
    ("爸爸", "妈妈"), ("哥哥", "弟弟"), ("姐姐", "妹妹"), ("哥哥", "妹妹"), ("弟弟", "姐姐"), ("哥哥", "姐姐"), ("弟弟", "妹妹"),
    ("儿子", "女儿"), ("丈夫", "妻子"), ("爷爷", "奶奶"), ("茶", "咖啡"), ("火车", "飞机"), ("春", "秋"), ("夏", "冬"),
)  # fmt: skip
#: Sets of which a thing is one and not another: days, kin, colours. Each line is a set, "=" joins words for the same member.
_KINDS: Final = """
monday=mondays=montag=montags=lunes=lundi tuesday=tuesdays=dienstag=dienstags=martes=mardi wednesday=wednesdays=mittwoch=mittwochs=miercoles=mercredi thursday=thursdays=donnerstag=donnerstags=jueves=jeudi friday=fridays=freitag=freitags=viernes=vendredi saturday=saturdays=samstag=samstags=sabado=samedi sunday=sundays=sonntag=sonntags=domingo=dimanche
mother=mum=mom=mutter=mama=madre=mere father=dad=vater=papa=padre=pere sister=sisters=schwester=hermana=soeur=sœur brother=brothers=bruder=hermano=frere son=sons=sohn=hijo=fils daughter=daughters=tochter=hija=hijas=fille wife=frau=esposa=mujer=femme husband=mann=marido=esposo=mari uncle=onkel=tio=oncle aunt=tante=tia cousin=cousine=primo=prima grandmother=grandma=oma=abuela grandfather=grandpa=opa=abuelo boss=manager=chef=chefin=jefe=jefa colleague=kollege=kollegin=colega=collegue neighbour=neighbor=nachbar=nachbarin=vecino=vecina=voisin=voisine friend=freund=freundin=amigo=amiga=ami=amie landlord=vermieter roommate=flatmate=housemate=mitbewohner=mitbewohnerin=colocataire teacher=lehrer=lehrerin=profesor=profesora coach=trainer=trainerin=entrenador nephew=neffe=sobrino=neveu niece=nichte=sobrina=niece student doctor=dr partner fiance fiancee therapist lawyer=anwalt=anwaltin boyfriend=novio girlfriend=novia
red=rot=rojo=rouge blue=blau=azul=bleu green=grun=verde=vert yellow=gelb=amarillo=jaune black=schwarz=negro=noir white=weiss=blanco=blanc orange purple=lila=morado=violet pink=rosa=rose grey=gray=grau=gris brown=braun=marron
spring=fruhling=primavera=printemps summer=sommer=verano=ete autumn=fall=herbst=otono=automne winter=invierno=hiver
january=jan=januar=enero=janvier february=feb=februar=febrero=fevrier march=mar=marz=marzo=mars april=apr=abril=avril may=mai=mayo june=jun=juni=junio=juin july=jul=juli=julio=juillet august=aug=agosto=aout september=sep=sept=septiembre=septembre october=oct=oktober=octubre=octobre november=nov=noviembre=novembre december=dec=dezember=diciembre=decembre
"""
KINDS: Final = {
    word: (row, member)
    for row, line in enumerate(_KINDS.strip().split("\n"))
    for member, words in enumerate(line.split())
    for word in words.split("=")
}
#: Rows of `KINDS` that say who: what is said of one is not said of another. And that of the months.
KIN, MONTHS_ROW = 1, 4
MONTHS: Final = {word: member + 1 for word, (row, member) in KINDS.items() if row == MONTHS_ROW and word not in ("may", "mar", "mars")} | {
    "may": 5, "mar": 3, "mars": 3
}  # fmt: skip
KIN_CHINESE: Final = ("妈妈", "爸爸", "妹妹", "姐姐", "哥哥", "弟弟", "儿子", "女儿", "丈夫", "老公", "妻子", "老婆", "爷爷", "奶奶", "朋友", "同事", "老板", "老师")  # fmt: skip

UNITS: Final = {
    word: row[0]
    for row in (
        line.split()
        for line in """
dollar dollars usd $ buck bucks
euro euros eur €
pound pounds gbp £ quid
yen jpy ¥
km kilometer kilometers kilometre kilometres kilometern
mile miles mi
kg kilo kilos kilogram kilograms
lb lbs
mg milligram milligrams
mcg ug µg microgram micrograms
g gram grams gramm gramos grammes
ml millilitre milliliter
l litre litres liter liters litro litros
cm centimetre centimeter
mb
gb
tb
second seconds sekunde sekunden segundo segundos seconde secondes
minute minutes minuten minuto minutos
hour hours stunde stunden hora horas heure heures 小时
day days tag tage tagen dia dias jour jours
week weeks woche wochen semana semanas semaine semaines
month months monat monate monaten mes meses mois
year years jahr jahre jahren ano anos an ans annee annees 岁 年
percent % prozent
""".strip().split("\n")
    )
    for word in row
}
#: What a unit of `UNITS` is that spans of time are counted in, in days.
SPANS: Final = {"day": 1.0, "week": 7.0, "month": 30.44, "year": 365.25}

_NUMBER_WORDS: Final = """
zero null cero
one eins uno
two zwei dos deux twice both beide
three drei tres trois
four vier cuatro quatre
five funf cinco cinq
six sechs seis
seven sieben siete
eight acht ocho huit
nine neun nueve
ten zehn diez dix
eleven elf onze
twelve zwolf doce douze
thirteen dreizehn trece treize
fourteen vierzehn catorce quatorze
fifteen funfzehn quince quinze
sixteen sechzehn dieciseis seize
seventeen siebzehn diecisiete dix-sept
eighteen achtzehn dieciocho dix-huit
nineteen neunzehn diecinueve dix-neuf
twenty zwanzig veinte vingt
"""
NUMBER_WORDS: Final = {word: n for n, row in enumerate(_NUMBER_WORDS.strip().split("\n")) for word in row.split()} | {
    "thirty": 30, "dreissig": 30, "treinta": 30, "trente": 30, "forty": 40, "vierzig": 40, "cuarenta": 40, "quarante": 40, "fifty": 50,
    "funfzig": 50, "cincuenta": 50, "cinquante": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90, "hundred": 100, "hundert": 100,
    "cien": 100, "thousand": 1000, "tausend": 1000, "mil": 1000, "first": 1, "third": 3, "fourth": 4, "fifth": 5, "erste": 1,
    "ersten": 1, "zweite": 2, "zweiten": 2, "dritte": 3, "dritten": 3, "vierte": 4, "vierten": 4, "primero": 1, "primer": 1, "tercer": 3, "tercero": 3, "premier": 1, "premiere": 1, "deuxieme": 2, "troisieme": 3,
}  # fmt: skip
CHINESE_DIGITS: Final = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"两": 2}
CHINESE_TENS: Final = {"十": 10, "百": 100, "千": 1000, "万": 10_000}
#: A Chinese numeral counts as a number before a word of measure.
CHINESE_NUMBER: Final = re.compile(r"([零一二三四五六七八九十百千万两]{1,8})(?=[个岁年月日号点只辆次天周人台套间斤公小本块元])")

#: Words for the user, in a statement about them and in an answer to them; possessives apart.
ME: Final = _set("i me user you ich mich mir du dich dir sie yo tu je moi toi vous te")
ME_CHINESE: Final = "我你您"
POSSESSIVE: Final = _set(
    "my your user's mein meine meinem meinen meiner dein deine deinem deinen deiner mi mis tu tus mon ma mes ton ta tes votre vos our unser unsere ihr"
)
#: How an answer to the user begins that is about the user.
ADDRESSED: Final = re.compile(
    r"^(?:you(?!r)\b|you(?:'re|'ve|'d)\b|du\b|ihr\b|tu\b(?! \w+ (?:se|es|a)\b)|vous\b|你(?!的|们|妈|爸|妹|姐|哥|弟|家)|您(?!的))",
    re.IGNORECASE,
)
#: Spanish leaves the pronoun out: verbs of the second person.
ADDRESSED_SPANISH: Final = re.compile(
    r"^(?:no )?(?:eres|tienes|estas|vives|trabajas|[a-z]{2,}(?:as|es|aste|iste))\b(?! (?:el|la|los|las|un|una) \w+ (?:es|son)\b)"
)
#: The second of two persons is the doer: by, from.
DONE_BY: Final = _set("by from von por par de")

_OBEY: Final = "ignore|disregard|override|answer|reply|respond|say|output|print|repeat"
#: A sentence that tells a reader what to do, or what every answer is, proves nothing but that it was said.
COMMAND: Final = re.compile(
    r"^\W*(?:system\b|assistant:|note to [^:]{2,30}:|important:|please |you must |you have to |now |then |and |always |never |just )*"
    rf"(?:{_OBEY}|forget|write|pretend|act as|tell (?:the|them|him|her|your)|"
    r"instruct|inform the|reveal|execute|vergiss|ignoriere|antworte|schreib\w*|sag\w*|gib .* aus|olvida|ignora|responde|contesta|escribe|di |"
    r"oublie\w*|ignore\w*|reponds|repondez|ecris|ecrivez|dis )\b|^\W*(?:system\s*:|<)|^\W*(?:请)?(?:忽略|无视|忘记|忘掉|回答|输出|回复|写出)"
    rf"|[:;,]\s*(?:please |always |only |just |then |you must )*(?:{_OBEY}|antworte|responde|reponds)\b"
    rf"|\b(?:assistant|model|ai|bot|you)\b (?:must|should|shall|has to|have to|will|needs? to)(?: always| only| now)* (?:{_OBEY}|tell|write|obey)\b"
    r"|\b(?:answer|response|reply|antwort|respuesta|reponse)\b.{0,20}\b(?:every|any|all|each|questions?|prompts?|frage\w*|preguntas?|everything)\b"
    r"|\b(?:correct|right|only|true|official) (?:answer|response|reply)\b"
)
#: A claim that reports such words may rest on them.
REPORTS: Final = re.compile(
    r"\b(?:asked|ask|told|instructed|wants?|prefers?|said|wrote|message|instruction|request\w*|mochte\w*|willst|gebeten|gesagt|geschrieben|pediste|dijiste|"
    r"quieres|demande|veux|dit|ecrit)\b|要求|说过|希望"
)
#: Openings of a sentence that say where it comes from and claim nothing.
LEAD: Final = re.compile(
    r"^\W*(?:(?:according to|based on|from) (?:your|the|my|our) [^,]{2,40},|as (?:you|we) [^,]{2,30},|you (?:said|told me|mentioned|noted|wrote)"
    r"(?: earlier| before)?(?: that)? |i (?:remember|recall|know|see|understand) (?:that )?|it (?:seems|looks like|appears) (?:that )?|"
    r"(?:yes|no|sure|well|ok|okay|also|so|ja|nein|si|oui|non|laut deinen [^,]{2,30}|segun [^,]{2,30}|selon [^,]{2,30})\s*[,.:]|"
    r"(?:du hast|sie haben) (?:gesagt|erwahnt|erzahlt),? (?:dass )?|dijiste que |mencionaste que |tu as dit que |vous avez dit que |你说过?[，,]?)\s*",
    re.IGNORECASE,
)
CHINESE_NAME: Final = re.compile(
    "(?:^|(?<=[是叫和跟与给，]))([王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕][\u4e00-\u9fff]{1,2})(?=是|在|的|和|跟|给|，|。|$)"
)

#: Everyday words that say the same; a row is a group.
_SYNONYMS: Final = """
love like enjoy fond adore likes loves keen favorite favourite prefer
hate dislike detest loathe stand
live reside home lives living
begin start starts starting starting
buy purchase get bought acquire
move relocate
fix repair solve resolve fixed
show exhibition
photograph shoot photo picture
advise tell suggest recommend
less fewer reduce cut
job work employ occupation profession employed position career
doctor physician gp
wedding marry marriage married
fear afraid scare scared frighten frightened
cost price costs pay pays rent charge bill
due pay paid owe payable
end last final
make made create sew
smoke smoker cigarette
play part role
member membership
favorito favorita gusta encanta
kundigt gekundigt kundigst
car vehicle
flat apartment
trip travel journey fly flight flying
child kid
ill sick
phone telephone
expire expiry expired
cause caused because due reason
freeze frozen
finish complete end finished ran run
adopt adopted
save saving money aside put
owe lend lent
allergy allergic
runs listens listen
warranty guarantee
install installed put fitted
choose chose opt opted select pick picked
give gave gift got receive get given
ship shipped sent dispatch took
arrive arrived arrival
surgery operation operated operate
teach teacher coach train trainer
consider considering think thinking weigh weighing
want wish would hope
recommend recommended suggest suggested advise
plant planted
eat dinner supper
eat lunch
eat breakfast
use uses runs written write
old age
birthday turn turns born
decide decided decision will
shop store
wohnen wohnst wohne lebst lebe leben
beruf arbeite arbeitest arbeit job
mag magst mogen liebe liebst
kaufen gekauft anschaffen
fahren fahrt reisen reist fahre fahrst
taglich tag jeden
kostet betragt kosten koste
funktioniert geht lauft
training trainiert trainieren
vertragt vertragen vertragst
vielleicht uberlegen uberlegt uberlegst moglich
vivir vivo vives vive
alergia alergica alergico
gusta encanta
trabajo trabajas trabaja trabajar
proximo viene
alquiler pagas pago
cita reunion
habite habites habiter vis vivre
travail travaille travailles travailler
retraite part prend
apprendre apprend apprends etudie etudies etudier
aprende aprendes estudia estudias
lerne lernst lernt studiere studierst studiert
study learn
aimerais voudrais veux souhaite
joue joues jouer
freundin freund
"""
SYNONYMS: Final = _groups(_SYNONYMS)
SYNONYMS_CHINESE: Final = (
    ("喜欢", "爱"),
    ("工作", "当", "上班"),
    ("想", "希望", "要", "打算"),
    ("可能", "也许"),
    ("买", "购买"),
    ("每天晚上", "每晚"),
)
#: A full stop after these ends no sentence.
ABBREVIATION: Final = re.compile(
    r"(?:\b(?:dr|mr|mrs|ms|st|prof|sr|sra|nr|no|mme|hr|fr|bzw|z\.b|ca|approx|vs|e\.g|i\.e|etc)|\b\d{1,2}|\b[A-Z])\.$", re.IGNORECASE
)
#: Words by which German is told, for it writes every noun with a capital.
GERMAN: Final = _set(
    "der die das den dem des und ist im am zum zur ich du ihr wir mein dein euer unser nicht mit auf von fur hat hast habe haben sich bei seit"
)
