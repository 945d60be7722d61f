"""Short forms of given names, in several languages. Data first; own compilation.

A row is a family: before the colon the name in full, as several languages write it, after it what its bearers are called. Only a full
name and a short form are taken to be one person's: Anna and Hanna, Joseph and José are more often two people than one. A short form may
stand in several rows ("alex"): it fits the bearers of each, and only who else is known tells which. Forms that are mostly names of their
own by now are left out. Words are folded when read, as `perdure.rules.names.plain` folds them.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Final

_ROWS: Final = """
abigail: abby abbie
abraham avraham: abe
adelheid adelaide: heidi addie
albert alberto albrecht: bert bertie al
alejandro: ale jandro
alexander alexandre alexandros aleksandr aleksander alexandr oleksandr alessandro alejandro: alex sasha sascha shura sanya alec lex xander sandy ale
alexandra aleksandra alexandrine oleksandra alessandra alejandra: alex sasha sascha sandy lexi lexie sandra ale
alexei alexey aleksei aleksey oleksiy: alyosha lyosha aliosha alex
alfred alfredo: alf alfie fred freddy
allison alison: allie ali
amanda: mandy
amelia: millie amy
anastasia anastasiya anastassia: nastya stasia stacy asya nastia
andrew andreas andrei andrey andrzej andre andres andras ondrej: andy andi drew andriusha andryusha andrzejek
angela angelika angelica: angie geli
anna ann anne hanna: annie anya anja ania annika nan
anthony antony antonio antoine antoni anton: tony toni tonio tosha toño
archibald: archie
arthur arturo artur: art artie arturito
augustine agustin augustin: gus gustl
barbara varvara: barb babs barbie basia bobbie varya
bartholomew bartosz bartolome bartłomiej: bart bartek
beatrice beatriz beatrix: bea trixie
benedikt benedict benedetto benoit: ben bene benny
benjamin benjamim: ben benny benji benni
bernard bernhard bernardo: bernie bernd berni
bradley: brad
cameron: cam
caroline carolina karoline karolina carolyn: carrie caro karo lina
catherine katherine kathryn katharina katarina katarzyna ekaterina yekaterina catalina caterina kathrin: cathy kate katie kat kitty kay kathy kati kasia katya katja katia cata cati cat kathi
charles carlos karl carl karol karel carlo: charlie charly chuck chas carlitos charlito
charlotte carlotta: lottie charlie lotte lotta charly
christian cristian krystian: chris kris
christina kristina cristina christine kristine krystyna: chris tina chrissy kris krissy krysia stina christel
christopher christoph cristobal christophe krzysztof kristoffer: chris kit topher kris krzys stoffer
clemens clement klemens: clem
constance konstanze constanza: connie conny
daniel daniil danilo: dan danny dani danya danek
daniela danielle daniella: dani danny
david dawid davide: dave davy davey
deborah debora: deb debbie debby
dennis denis: denny
diana: di
dimitri dmitri dmitry dmitriy dmitrii dimitrios dmytro dimitar: dima mitya dimitris dimka
dominic dominik dominique domenico domingo: dom nick mingo
donald: don donnie
dorothy dorothea dorota: dot dottie dolly doro
douglas: doug
edmund: ed eddie ned
edward eduardo eduard edouard edoardo: ed eddie ted teddy ned edu lalo edi
eleanor eleonore eleonora: ellie nell nora
elena yelena helena helene helen: lena lenka nell leni alyona
elizabeth elisabeth isabel elzbieta elisabetta yelizaveta: liz lizzie beth betty eliza lisa libby bess lisbeth elsa liesel lisi betsy bettina sisi lisl ela liza
emily emilia emilie: em millie emmy emi
emma: em emmy
emmanuel emanuel manuel: manny manolo manu manolito
enrique henry heinrich henri enrico hendrik henryk jindrich heinz henrik: hank kike quique heiner hinnerk hal rico henk
ernest ernst ernesto: ernie
eugene eugen evgeny yevgeny evgeni evgeniy eugenio: gene zhenya genia jenia
eugenia evgenia evgeniya yevgenia: zhenya genia jenia
evelyn: evie lyn
ferdinand fernando: nando fer ferdi
florence: flo florrie
florian: flo flori
frances francesca franziska francisca francoise: fran franzi paca paquita frankie fanny cesca franny
francis francisco franz francesco frantisek franciszek francois ferenc: frank paco pancho curro fran franco kiko frankie quico franzl ferko
frederick friedrich federico frederic fryderyk frederik fredrik: fred freddie freddy fritz rick fede fiete
gabriel: gabe gabi gabo gab
gabriela gabriele gabriella: gaby gabi
geoffrey jeffrey: geoff jeff
georg george jorge giorgio georges georgios giorgos jurgen yuri jerzy jiri: georgie schorsch yura jurek yorgos jörgi koke
gerald gerard gerhard gerardo: gerry gerd gerri jerry
gertrude gertrud: trudy trude gerti
gregory grigori grigory gregor gregorio grzegorz: greg grisha gori
guillermo: memo guille
harold: harry hal
herbert heriberto: herb bert
hubert humberto: bert berti beto
ignacio ignatius ignaz: nacho iggy nachito
irina irena irene: ira irka rena
isaac: ike
isabel isabella isabelle: bel bella izzy isa chabela
ivan: vanya vanja vanka
jacob jakob jakub yakov jacobo: jake kuba yasha jaap köbi
jacqueline: jackie
james jaime: jim jimmy jamie jem jimbo
jennifer: jen jenny jenni
jeremy jeremiah: jerry jem
jesus: chucho chuy suso
jessica: jess jessie jessi
johanna: hanni jo hansi
john johannes johann juan giovanni ivan jean joao johan ioannis: johnny jack hans hannes hansi jonny janek gianni yannis giannis juanito zezinho nelo
jonathan jonatan yonatan: jon jonny yoni
joseph josef jose giuseppe jozef yusuf youssef josep iosif: joe joey sepp pepe beppe jupp pepito seppl beppo pino peppe josip jo zé pep
josephine josefine josefa josefina: jo josie fifi pepa pepita josy
joshua: josh
judith: judy
julian julien: jules jule
juliana: juli
kenneth: ken kenny
kimberly kimberley: kim kimmy
konstantin constantin constantine konstantinos: kostya costa kosta kostas konsti dinos
lawrence laurence lorenz lorenzo laurent: larry laurie lars lenz enzo
leonard leonardo leonhard: len lenny leo lenni
leonid: lyonya lenya
leopold leopoldo: leo poldi polde
lillian liliana lilian: lil lilly lili
louis ludwig luis luigi: lou louie lucho gigi wiggerl
louise luise luisa: lou lulu
ludmila lyudmila ludmilla: lyuda mila
madeleine madeline: maddie leni
magdalena magdalene: magda leni lena
manuel: manolo manu manolito lolo manny
margaret margarete margarita margherita małgorzata marguerite: maggie meg peggy greta gretchen margie marge grete rita madge gosia gretel daisy
maria mariya: masha mitzi maja manya marusya marysia mariechen maruja
martha marta: marty
martin: marty tino
matilda mathilde: tilly tilda
matthew matthias mateo matthieu mateusz matteo matvei: matt matty hias mats teo
maurice moritz mauricio maurizio: mo
maximilian massimiliano maximiliano maksymilian maxim maksim: max maxi maks
melanie: mel melly
melissa: mel missy
michael michel michele miguel mikhail mihail mikael: mike mickey mick micky misha mischa michi mikey miki mikel micha
michaela: michi
michelle: shelly
mildred: millie
mohammed mohammad muhammad mohamed muhammed mohamad: mo hamada
monica monika: moni
nadezhda nadezda: nadia nadya nadja
natalia natalya nataliya natalie: nat nata natasha natascha tasha nati
nathaniel nathan: nat nate
nicholas nikolaus nikolai nicolas nikolay nikolaos mikolaj nicola nikola: nick nicky nico klaus kolya niklas nik nikos claus
nicole nicola: nicky nicki nikki
oliver: ollie olli
olivia: liv livvy ollie
oscar oskar: ossi ozzie
pamela: pam
patricia patrizia: pat patty tricia trish paty patti
patrick patricio patrizio: pat paddy pato
paul pavel pawel pablo paolo: paulie pasha pavlik
penelope: penny
peter pedro pierre piotr pietro pyotr petr: pete perico petya pit peterle
philip philipp felipe philippe phillip: phil pip pippo
rachel raquel: rach
raymond raimund raimundo: ray mundo
rebecca rebekka: becky becca
reginald: reg reggie
reinhard reinhold: reini
richard ricardo riccardo ryszard: rick ricky richie rich dick rico rysiek
robert roberto rupert: bob bobby rob robbie bert beto robi tito robertito
rodrigo: rodri
ronald ronaldo: ron ronnie
rosa rose: rosie rosita rosi
rosemary rosemarie: rosie romy
rudolf rodolfo rudolph: rudi rudy fito
salvador salvatore: chava salva toto
samantha: sam sammy
samuel: sam sammy samu
sarah sara: sally sadie sari sarita
sebastian sebastien: seb basti bastian seba wastl
sergei sergey sergio: seryozha serge checo
sofia sophia sofiya zofia: sophie sonya zosia sofie soph
stanislav stanislaw: stas stan slava staszek
stephanie stefanie stefania estefania: steph steffi stevie fanny stefi
stephen steven stefan esteban stephan stefano istvan: steve stevie steph pista stevo
susan susanne susana suzanne susanna zuzanna: sue susie suzy susi zuza
svetlana: sveta lana
tatiana tatyana tatjana: tanya tania tanja
teresa theresa therese: terry tess tessa tere teresita resi
theodore theodor teodor fyodor fedor teodoro: ted teddy theo fedya teo
thomas tomas tomasz tommaso: tom tommy tomek tomi
timothy timofey timoteo: tim timmy
tobias: tobi toby
ulrich: uli ulli ueli
ulrike: uli ulli rike
ursula: uschi ulla ursel
valentina: valya vale
valentin: valya
valeria valerie: lera val vale
veronica veronika: vero roni nika vroni
victor viktor vittorio: vic vick vitya witek
victoria viktoria: vicky tori vic vicki vika vicka
vincent vicente vincenzo vinzenz: vince vinny vinnie enzo chente
vladimir volodymyr wladimir: vova volodya vlad
vladislav wladyslaw: vlad slava vladik
vyacheslav: slava
walter: walt wally walti
wilhelm willem wilhelmus: willi willy wim bill
wilhelmina wilhelmine: minnie mina
william: bill billy will willie willy liam
winifred: winnie
wolfgang: wolf wolfi
zachary: zach zack zac
"""

_LETTERS: Final = str.maketrans({"ł": "l", "ø": "o"})


def _folded(word: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", word.translate(_LETTERS)) if not unicodedata.combining(c))


_SPELLINGS: Final = (
    ("ks", "x"),
    ("ph", "f"),
    ("ij", "i"),
    ("iy", "i"),
    ("ey", "ei"),
    ("y", "i"),
    ("ck", "k"),
    ("c", "k"),
    ("w", "v"),
    ("th", "t"),
    ("j", "i"),
)
_DOUBLE: Final = re.compile(r"(.)\1+")


def spelling(word: str) -> str:
    """A folded name without what transliterations and languages differ in: "dmitriy", "dmitry" and "dmitri" are one."""
    for written, same in _SPELLINGS:
        word = word.replace(written, same)
    return _DOUBLE.sub(r"\1", word)


@cache
def nicknames() -> dict[str, frozenset[str]]:
    """Each short form with the full names it may stand for, each full name with its short forms and other spellings."""
    table: dict[str, set[str]] = {}
    for row in _ROWS.strip().split("\n"):
        full, _, short = row.partition(":")
        names, forms = [_folded(w) for w in full.split()], [_folded(w) for w in short.split()]
        for name in names:
            table.setdefault(name, set()).update(forms, (n for n in names if spelling(n) == spelling(name)))
        for form in forms:
            table.setdefault(form, set()).update(names)
    return {word: frozenset(others - {word}) for word, others in table.items()}


def forms_of(word: str) -> frozenset[str]:
    """What a bearer of a folded given name may also be called: a full name's short forms and spellings, a short form's full names."""
    return nicknames().get(word, frozenset())
