"""The words of time phrases in seven languages, as data: what a word may mean (its senses), and which language says so.

Keys are folded by `fold`: lower case, Latin letters without accents ("año" is "ano"). A space joins the words of a longer entry,
the longest one that fits wins. A phrase must be sayable in one language; digits belong to all of them. Chinese, which does not
separate words, has its own file.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

Sense = tuple[str, int | str, int, tuple[str, ...]]
"""Kind, value, bit mask of languages, and the words that must follow the first one."""

LANGUAGES: Final = ("en", "de", "es", "fr", "it", "pt", "hi")
ANY: Final = (1 << len(LANGUAGES)) - 1
EN: Final = 1


def words(text: str) -> frozenset[str]:
    """The words of `text`, as a set: how word lists are written in these files."""
    return frozenset(text.split())


def fold(word: str) -> str:
    """`word` as the lexicon spells it."""
    if word.isascii():
        return word.lower()
    if word == "’":
        return "'"
    if "\u0900" <= word[0] <= "\u097f":  # vowel signs of Devanagari are marks too, and they carry meaning
        return word
    return "".join(c for c in unicodedata.normalize("NFKD", word.lower()) if not unicodedata.combining(c))


# day: days from today. part: part of a day. unit: grain. rel: 1 next, 0 this, -1 last. roll: the same, but counted back from now.
# wd: weekday from Monday = 0; wdabbr needs a capital and a preposition. mon, monabbr: month. season. num. ago_pre, ago_post,
# in_pre, in_post: direction of a distance. since … at: relation of a preposition; *_post stands behind. to, and: joins of
# a range. edge: part of a stretch. every, freq: repetition. art: filler. weekend, holiday. ord: first, second…
WORDS: Final[dict[str, dict[str, str]]] = {
    "en": {
        "word90": "twenties=20 thirties=30 forties=40 fifties=50 sixties=60 seventies=70 eighties=80 nineties=90",
        "half_of": "half=1",
        "day": "today=0 yesterday=-1 tomorrow=1 tmrw=1 tomorow=1 day_before_yesterday=-2 day_after_tomorrow=2 "
        "the_day_before_yesterday=-2 the_day_after_tomorrow=2",
        "dpart": "tonight=0:18-30 tonite=0:18-30 last_night=-1:18-30 tomorrow_night=1:18-30 yesterday_night=-1:18-30",
        "part": "morning=5-12 afternoon=12-18 evening=18-24 night=18-30 noon=12-13 lunchtime=12-14",
        "unit": "minute=minute minutes=minute min=minute mins=minute hour=hour hours=hour hrs=hour day=day days=day night=day "
        "nights=day week=week weeks=week wk=week wks=week fortnight=fortnight fortnights=fortnight month=month months=month "
        "quarter=quarter quarters=quarter year=year years=year yr=year yrs=year decade=decade decades=decade century=century "
        "centuries=century weekend=weekend weekends=weekend",
        "rel": "last=-1 previous=-1 this=0 current=0 next=1 coming=1 upcoming=1 this_past=-1 this_coming=1 the_following=1",
        "roll": "past=-1 last=-1 previous=-1 next=1 coming=1",
        "wd": "monday=0 tuesday=1 wednesday=2 thursday=3 friday=4 saturday=5 sunday=6",
        "wdplural": "mondays=0 tuesdays=1 wednesdays=2 thursdays=3 fridays=4 saturdays=5 sundays=6",
        "wdabbr": "mon=0 tue=1 tues=1 wed=2 weds=2 thu=3 thur=3 thurs=3 fri=4 sat=5 sun=6",
        "mon": "january=1 february=2 march=3 april=4 may=5 june=6 july=7 august=8 september=9 october=10 november=11 december=12",
        "monabbr": "jan=1 feb=2 mar=3 apr=4 jun=6 jul=7 aug=8 sep=9 sept=9 oct=10 nov=11 dec=12",
        "season": "spring=0 springtime=0 summer=1 summertime=1 autumn=2 fall=2 winter=3 wintertime=3",
        "seasonplural": "springs=0 summers=1 autumns=2 falls=2 winters=3",
        "num": "a=1 an=1 one=1 two=2 three=3 four=4 five=5 six=6 seven=7 eight=8 nine=9 ten=10 eleven=11 twelve=12 thirteen=13 "
        "fourteen=14 fifteen=15 sixteen=16 eighteen=18 twenty=20 thirty=30 forty=40 fifty=50 a_couple_of=2 couple_of=2 "
        "a_couple=2 couple=2 a_few=3 few=3 several=3 a_dozen=12",
        "vague": "about=0 around=0 roughly=0 approximately=0 almost=0 nearly=0 over=0 just=0 only=0 more_than=0 at_least=0",
        "ord": "first=1 second=2 third=3 fourth=4 fifth=5 last=-1",
        "ago_post": "ago=-1 back=-1 prior=-1 earlier=-1",
        "in_post": "from_now=1 from_today=1 hence=1",
        "in_pre": "in=1",
        "within": "within=1 within_the_next=1",
        "since": "since=1 ever_since=1 starting=1 starting_in=1 starting_on=1 starting_from=1 beginning=1 beginning_in=1 "
        "effective=1 as_of=1",
        "until": "until=1 till=1 til=1 through=1 thru=1 up_to=1 up_until=1 expires=1 expires_on=1 expires_in=1 valid_through=1",
        "by": "by=1 no_later_than=1 not_later_than=1 due=1 due_by=1 due_on=1",
        "before": "before=1 prior_to=1 ahead_of=1 earlier_than=1",
        "after": "after=1 later_than=1 following=1",
        "forDate": "for=1",
        "at": "on=1 in=1 at=1 during=1 over=1 throughout=1 around=1 about=1 circa=1 back_in=1",
        "for": "for=1",
        "from": "from=1 between=2",
        "to": "to=1 until=1 till=1 through=1 thru=1 and=2",
        "onward": "on=1 onward=1 onwards=1 forward=1",
        "edge": "early=early early_in=early beginning_of=early start_of=early mid=mid middle_of=mid midway_through=mid late=late "
        "late_in=late end_of=end",
        "soFar": "earlier=-1 so_far=-1 later=1",
        "every": "every=1 each=1 every_single=1 every_other=1",
        "freq": "daily=day weekly=week monthly=month yearly=year annually=year quarterly=quarter fortnightly=fortnight "
        "biweekly=fortnight nightly=day hourly=hour",
        "half": "half_a=1 half_an=1",
        "recent": "the_other_day=7 the_other_week=28",
        "weekrel": "the_week_before_last=-2 week_before_last=-2 the_week_after_next=2 week_after_next=2",
        "monthrel": "the_month_before_last=-2 month_before_last=-2 the_month_after_next=2 month_after_next=2",
        "yearrel": "the_year_before_last=-2 year_before_last=-2 the_year_after_next=2 year_after_next=2",
        "yearword": "year=1 the_year=1",
        "art": "the=1 of=1",
        "holiday": "christmas=12-25 xmas=12-25 christmas_day=12-25 christmas_eve=12-24 boxing_day=12-26 new_year's_eve=12-31 "
        "new_years_eve=12-31 new_year's_day=01-01 new_years_day=01-01 new_year's=01-01 new_years=01-01 "
        "thanksgiving=11-3#4 thanksgiving_day=11-3#4 easter=easter easter_sunday=easter easter_monday=easter+1 "
        "good_friday=easter-2 halloween=10-31 valentine's_day=02-14 valentines_day=02-14 independence_day=07-04 "
        "labor_day=09-0#1 mother's_day=05-6#2 father's_day=06-6#3 st_patrick's_day=03-17 juneteenth=06-19 veterans_day=11-11",
    },
    "de": {
        "day": "heute=0 gestern=-1 morgen=1 vorgestern=-2 ubermorgen=2",
        "dpart": "heute_morgen=0:5-12 heute_fruh=0:5-12 gestern_morgen=-1:5-12 heute_abend=0:18-30 "
        "heute_nacht=0:18-30 gestern_abend=-1:18-30 morgen_abend=1:18-30 letzte_nacht=-1:18-30",
        "part": "fruh=5-12 vormittag=8-12 nachmittag=12-18 abend=18-24 nacht=18-30 mittag=12-13",
        "unit": "minute=minute minuten=minute stunde=hour stunden=hour tag=day tage=day tagen=day woche=week wochen=week "
        "monat=month monate=month monaten=month monats=month quartal=quarter jahr=year jahre=year jahren=year jahres=year "
        "wochenende=weekend jahrzehnt=decade",
        "rel": "letzte=-1 letzten=-1 letzter=-1 letztes=-1 letztem=-1 vergangene=-1 vergangenen=-1 vergangenes=-1 vorige=-1 "
        "vorigen=-1 voriges=-1 diese=0 diesen=0 dieser=0 dieses=0 diesem=0 nachste=1 nachsten=1 nachster=1 nachstes=1 "
        "nachstem=1 kommende=1 kommenden=1 kommendes=1",
        "roll": "letzten=-1 vergangenen=-1 nachsten=1 kommenden=1",
        "wd": "montag=0 dienstag=1 mittwoch=2 donnerstag=3 freitag=4 samstag=5 sonnabend=5 sonntag=6",
        "wdplural": "montags=0 dienstags=1 mittwochs=2 donnerstags=3 freitags=4 samstags=5 sonntags=6",
        "mon": "januar=1 janner=1 februar=2 marz=3 april=4 mai=5 juni=6 juli=7 august=8 september=9 oktober=10 november=11 dezember=12",
        "season": "fruhling=0 fruhjahr=0 sommer=1 herbst=2 winter=3",
        "num": "ein=1 eine=1 einem=1 einer=1 einen=1 zwei=2 drei=3 vier=4 funf=5 sechs=6 sieben=7 acht=8 neun=9 zehn=10 elf=11 "
        "zwolf=12 ein_paar=3 paar=3 einigen=3 mehreren=3",
        "ord": "erste=1 ersten=1 zweite=2 zweiten=2 dritte=3 dritten=3 vierte=4 letzte=-1 letzten=-1",
        "ago_pre": "vor=-1",
        "in_pre": "in=1",
        "since": "seit=1 seit_dem=1 seit_der=1 ab=1 seitdem=1",
        "until": "bis=1 bis_zum=1 bis_zur=1 bis_ende=2",
        "before": "vor=1 vor_dem=1",
        "after": "nach=1 nach_dem=1",
        "at": "am=1 im=1 in=1 wahrend=1 um=1 an=1",
        "from": "von=1 zwischen=2 vom=1",
        "to": "bis=1 bis_zum=1 und=2",
        "edge": "anfang=early mitte=mid ende=end",
        "every": "jeden=1 jede=1 jedes=1",
        "freq": "taglich=day wochentlich=week monatlich=month jahrlich=year",
        "art": "der=1 die=1 das=1 den=1 dem=1 des=1",
        "yearword": "jahr=1",
        "holiday": "weihnachten=12-25 heiligabend=12-24 silvester=12-31 neujahr=01-01 ostern=easter",
    },
    "es": {
        "day": "hoy=0 ayer=-1 manana=1 anteayer=-2 antes_de_ayer=-2 pasado_manana=2",
        "dpart": "esta_noche=0:18-30 anoche=-1:18-30 esta_manana=0:5-12 esta_tarde=0:12-20",
        "part": "por_la_manana=5-12 por_la_tarde=12-20 por_la_noche=18-30",
        "unit": "minuto=minute minutos=minute hora=hour horas=hour dia=day dias=day semana=week semanas=week "
        "mes=month meses=month "
        "trimestre=quarter ano=year anos=year fin_de_semana=weekend decada=decade",
        "rel": "este=0 esta=0 proximo=1 proxima=1 pasado=-1 pasada=-1 ultimo=-1 ultima=-1",
        "roll": "ultimos=-1 ultimas=-1 proximos=1 proximas=1",
        "rel_post": "pasado=-1 pasada=-1 que_viene=1 proximo=1 proxima=1",
        "wd": "lunes=0 martes=1 miercoles=2 jueves=3 viernes=4 sabado=5 domingo=6",
        "mon": "enero=1 febrero=2 marzo=3 abril=4 mayo=5 junio=6 julio=7 agosto=8 septiembre=9 setiembre=9 octubre=10 "
        "noviembre=11 diciembre=12",
        "season": "primavera=0 verano=1 otono=2 invierno=3",
        "num": "un=1 una=1 dos=2 tres=3 cuatro=4 cinco=5 seis=6 siete=7 ocho=8 nueve=9 diez=10 once=11 doce=12 un_par_de=2 "
        "unos=3 unas=3 varios=3 varias=3",
        "ago_pre": "hace=-1",
        "ago_post": "atras=-1",
        "in_pre": "en=1 dentro_de=1",
        "since": "desde=1 a_partir_de=1 desde_hace=1",
        "until": "hasta=1",
        "by": "para=1 antes_de=2",
        "before": "antes_de=1 antes_del=1",
        "after": "despues_de=1 despues_del=1",
        "at": "en=1 el=1 durante=1",
        "from": "de=1 desde=1 entre=2",
        "to": "a=1 hasta=1 y=2",
        "edge": "a_principios_de=early principios_de=early a_mediados_de=mid mediados_de=mid a_finales_de=end finales_de=end "
        "fines_de=end fin_de=end",
        "every": "cada=1 todos_los=1 todas_las=1",
        "freq": "diariamente=day semanalmente=week mensualmente=month",
        "art": "el=1 la=1 los=1 las=1 del=1 de=1",
        "holiday": "navidad=12-25 nochebuena=12-24 nochevieja=12-31 ano_nuevo=01-01",
    },
    "fr": {
        "day": "aujourd'hui=0 hier=-1 demain=1 avant-hier=-2 apres-demain=2",
        "dpart": "ce_soir=0:18-30 cette_nuit=0:18-30 hier_soir=-1:18-30 demain_soir=1:18-30",
        "part": "matin=5-12 apres-midi=12-18 soir=18-24",
        "unit": "minute=minute minutes=minute heure=hour heures=hour jour=day jours=day semaine=week semaines=week mois=month "
        "trimestre=quarter an=year ans=year annee=year annees=year week-end=weekend weekend=weekend decennie=decade",
        "rel": "ce=0 cet=0 cette=0 prochain=1 prochaine=1 dernier=-1 derniere=-1",
        "roll": "derniers=-1 dernieres=-1 prochains=1 prochaines=1",
        "rel_post": "dernier=-1 derniere=-1 passe=-1 passee=-1 prochain=1 prochaine=1",
        "wdplural": "lundis=0 mardis=1 mercredis=2 jeudis=3 vendredis=4 samedis=5 dimanches=6",
        "wd": "lundi=0 mardi=1 mercredi=2 jeudi=3 vendredi=4 samedi=5 dimanche=6",
        "mon": "janvier=1 fevrier=2 mars=3 avril=4 mai=5 juin=6 juillet=7 aout=8 septembre=9 octobre=10 novembre=11 decembre=12",
        "season": "printemps=0 ete=1 automne=2 hiver=3",
        "num": "un=1 une=1 deux=2 trois=3 quatre=4 cinq=5 six=6 sept=7 huit=8 neuf=9 dix=10 onze=11 douze=12 quelques=3 plusieurs=3",
        "ago_pre": "il_y_a=-1",
        "in_pre": "dans=1 d'ici=1",
        "since": "depuis=1 a_partir_de=1 a_partir_du=1 des=1",
        "until": "jusqu'a=1 jusqu'en=1 jusqu'au=1",
        "by": "d'ici=1",
        "before": "avant=1",
        "after": "apres=1",
        "at": "en=1 le=1 au=1 pendant=1 durant=1 a=1",
        "from": "de=1 entre=2 du=1",
        "to": "a=1 au=1 et=2",
        "edge": "debut=early mi=mid fin=end",
        "every": "chaque=1 tous_les=1 toutes_les=1",
        "freq": "quotidiennement=day",
        "art": "le=1 la=1 les=1 l'=1 du=1 de=1 au=1",
        "holiday": "noel=12-25 paques=easter nouvel_an=01-01",
    },
    "it": {
        "day": "oggi=0 ieri=-1 domani=1 l'altro_ieri=-2 dopodomani=2",
        "dpart": "stasera=0:18-30 stanotte=0:18-30 ieri_sera=-1:18-30 domani_sera=1:18-30",
        "part": "mattina=5-12 pomeriggio=12-18 sera=18-24 notte=18-30",
        "unit": "minuto=minute minuti=minute ora=hour ore=hour giorno=day giorni=day settimana=week settimane=week mese=month "
        "mesi=month trimestre=quarter anno=year anni=year weekend=weekend fine_settimana=weekend decennio=decade",
        "rel": "questo=0 questa=0 quest'=0 prossimo=1 prossima=1 scorso=-1 scorsa=-1 ultimo=-1 ultima=-1",
        "roll": "ultimi=-1 ultime=-1 prossimi=1 prossime=1",
        "rel_post": "scorso=-1 scorsa=-1 passato=-1 passata=-1 prossimo=1 prossima=1",
        "wd": "lunedi=0 martedi=1 mercoledi=2 giovedi=3 venerdi=4 sabato=5 domenica=6",
        "mon": "gennaio=1 febbraio=2 marzo=3 aprile=4 maggio=5 giugno=6 luglio=7 agosto=8 settembre=9 ottobre=10 novembre=11 dicembre=12",
        "season": "primavera=0 estate=1 autunno=2 inverno=3",
        "num": "un=1 uno=1 una=1 due=2 tre=3 quattro=4 cinque=5 sei=6 sette=7 otto=8 nove=9 dieci=10 un_paio_di=2 alcuni=3 "
        "alcune=3 qualche=3",
        "ago_post": "fa=-1",
        "in_pre": "fra=1 tra=1",
        "since": "dal=1 dalla=1 da=1 a_partire_dal=1 dall'=1",
        "until": "fino_al=1 fino_a=1 entro=2",
        "by": "entro=1 entro_il=1",
        "before": "prima_di=1 prima_del=1",
        "after": "dopo=1 dopo_il=1",
        "at": "nel=1 in=1 a=1 il=1 durante=1 nell'=1 lo=1",
        "from": "dal=1 da=1 tra=2 fra=2",
        "to": "al=1 a=1 e=2",
        "edge": "inizio=early all'inizio_di=early meta=mid fine=end",
        "every": "ogni=1 tutti_i=1 tutte_le=1",
        "freq": "quotidianamente=day settimanalmente=week",
        "art": "il=1 la=1 le=1 gli=1 lo=1 l'=1 del=1 di=1 al=1",
        "holiday": "natale=12-25 pasqua=easter capodanno=01-01 ferragosto=08-15",
    },
    "pt": {
        "day": "hoje=0 ontem=-1 amanha=1 anteontem=-2 depois_de_amanha=2",
        "dpart": "hoje_a_noite=0:18-30 esta_noite=0:18-30 ontem_a_noite=-1:18-30",
        "part": "de_manha=5-12 a_tarde=12-18 a_noite=18-30",
        "unit": "minuto=minute minutos=minute hora=hour horas=hour dia=day dias=day semana=week semanas=week "
        "mes=month meses=month "
        "trimestre=quarter ano=year anos=year fim_de_semana=weekend decada=decade",
        "rel": "este=0 esta=0 neste=0 nesta=0 proximo=1 proxima=1 ultimo=-1 ultima=-1 passado=-1 passada=-1",
        "roll": "ultimos=-1 ultimas=-1 proximos=1 proximas=1",
        "rel_post": "passado=-1 passada=-1 que_vem=1 proximo=1 proxima=1",
        "wd": "segunda-feira=0 terca-feira=1 quarta-feira=2 quinta-feira=3 sexta-feira=4 sabado=5 domingo=6",
        "mon": "janeiro=1 fevereiro=2 marco=3 abril=4 maio=5 junho=6 julho=7 agosto=8 setembro=9 outubro=10 novembro=11 dezembro=12",
        "season": "primavera=0 verao=1 outono=2 inverno=3",
        "num": "um=1 uma=1 dois=2 duas=2 tres=3 quatro=4 cinco=5 seis=6 sete=7 oito=8 nove=9 dez=10 alguns=3 algumas=3 um_par_de=2",
        "ago_pre": "ha=-1 faz=-1",
        "ago_post": "atras=-1",
        "in_pre": "em=1 daqui_a=1 dentro_de=1",
        "since": "desde=1 a_partir_de=1",
        "until": "ate=1",
        "by": "ate=2",
        "before": "antes_de=1 antes_do=1",
        "after": "depois_de=1 apos=1",
        "at": "em=1 no=1 na=1 durante=1",
        "from": "de=1 entre=2",
        "to": "a=1 ate=1 e=2",
        "edge": "inicio_de=early meados_de=mid final_de=end fim_de=end",
        "every": "cada=1 todos_os=1 todas_as=1 toda=1 todo=1",
        "freq": "diariamente=day semanalmente=week",
        "art": "o=1 a=1 os=1 as=1 do=1 da=1 de=1 no=1 na=1",
        "holiday": "natal=12-25 pascoa=easter ano_novo=01-01",
    },
    "hi": {
        "day": "आज=0 कल=9 परसों=99",
        "unit": "मिनट=minute घंटे=hour घंटा=hour दिन=day दिनों=day हफ्ते=week हफ़्ते=week हफ्ता=week सप्ताह=week "
        "महीने=month महीना=month "
        "साल=year सालों=year वर्ष=year",
        "rel": "पिछले=-1 पिछली=-1 इस=0 अगले=1 अगली=1",
        "roll": "पिछले=-1 अगले=1",
        "wd": "सोमवार=0 मंगलवार=1 बुधवार=2 गुरुवार=3 शुक्रवार=4 शनिवार=5 रविवार=6",
        "mon": "जनवरी=1 फरवरी=2 मार्च=3 अप्रैल=4 मई=5 जून=6 जुलाई=7 अगस्त=8 सितंबर=9 अक्टूबर=10 नवंबर=11 दिसंबर=12",
        "num": "एक=1 दो=2 तीन=3 चार=4 पांच=5 पाँच=5 छह=6 सात=7 आठ=8 नौ=9 दस=10",
        "ago_post": "पहले=-1",
        "in_post": "बाद=1 में=1",
        "since_post": "से=1",
        "until_post": "तक=1",
        "at_post": "में=1 को=1",
        "every": "हर=1",
    },
}

CORE: Final = words(
    "day dpart unit wd wdplural wdabbr mon monabbr season seasonplural holiday freq recent word90 weekrel monthrel yearrel part"
)
"""The kinds at least one of which is in every phrase that has no digits."""


TOKEN: Final = re.compile(r"[0-9]+|[\u0900-\u097f]+|[^\W\d_]+|\S")
"""A run of digits, a word, or one other sign."""


def _build() -> tuple[dict[str, tuple[Sense, ...]], frozenset[str]]:
    senses: dict[str, dict[tuple[str, int | str, tuple[str, ...]], int]] = {}
    core: set[str] = set()
    for index, language in enumerate(LANGUAGES):
        for kind, entries in WORDS[language].items():
            for entry in entries.split():
                name, _, value = entry.rpartition("=")
                first, *rest = TOKEN.findall(name.replace("_", " "))
                number = int(value) if value.lstrip("-").isdigit() else value
                said = senses.setdefault(first, {})
                key = kind, number, tuple(rest)
                said[key] = said.get(key, 0) | 1 << index
                if kind in CORE:
                    core.add(rest[-1] if rest else first)
    core -= {"s", "last", "next", "sun", "sat"}  # too common; another core word stands beside them
    lexicon = {
        word: tuple(sorted(((k, v, mask, rest) for (k, v, rest), mask in said.items()), key=lambda sense: -len(sense[3])))
        for word, said in senses.items()
    }
    return lexicon, frozenset(core)


LEXICON, CORE_WORDS = _build()
