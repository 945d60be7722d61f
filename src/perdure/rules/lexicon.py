"""Words the rules know: kin, jobs, pets, devices, product lines, words that are never names. Data only."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kin:
    """What a word for a relative or companion means: the slot on the speaker, the edge, gender and entity type."""

    attribute: str
    relation: str
    gender: str = ""
    type: str = "Person"


def _kin() -> dict[str, Kin]:
    table: dict[str, Kin] = {}
    rows = (
        ("spouse", "f", "wife"),
        ("spouse", "m", "husband hubby"),
        ("spouse", "", "spouse"),
        ("partner", "f", "girlfriend fiancée fiancee gf"),
        ("partner", "m", "boyfriend fiancé fiance bf"),
        ("partner", "", "partner"),
        ("child", "f", "daughter"),
        ("child", "m", "son"),
        ("child", "", "child kid baby toddler teenager firstborn"),
        ("parent", "f", "mother mom mum mama mommy stepmother stepmom"),
        ("parent", "m", "father dad papa daddy stepfather stepdad"),
        ("parent", "", "parent"),
        ("sibling", "f", "sister half-sister stepsister sis"),
        ("sibling", "m", "brother half-brother stepbrother bro"),
        ("sibling", "", "sibling twin"),
        (
            "relative",
            "f",
            "grandmother grandma granny nana aunt auntie niece mother-in-law sister-in-law daughter-in-law granddaughter goddaughter godmother stepdaughter",
        ),
        (
            "relative",
            "m",
            "grandfather grandpa granddad uncle nephew father-in-law brother-in-law son-in-law grandson godson godfather stepson",
        ),
        ("relative", "", "cousin grandchild relative"),
        ("friend", "", "friend bestie buddy pal roommate flatmate housemate"),
        ("colleague", "", "colleague coworker co-worker teammate workmate intern assistant"),
        ("boss", "", "boss manager supervisor teamlead"),
        (
            "doctor",
            "",
            "doctor gp dentist therapist physician cardiologist dermatologist psychiatrist psychologist pediatrician physiotherapist",
        ),
        (
            "contact",
            "",
            "landlord landlady teacher coach trainer mentor tutor nanny babysitter lawyer accountant hairdresser barber client professor advisor pastor contractor",
        ),
        ("neighbor", "", "neighbor neighbour"),
    )
    for attribute, gender, words in rows:
        for word in words.split():
            table[word] = Kin(attribute, "has_" + word.replace("-", "_"), gender)
    for word in (
        "dog cat puppy kitten parrot hamster rabbit bunny horse pony goldfish fish turtle tortoise bird guinea-pig ferret snake lizard gecko "
        "labrador retriever poodle beagle dachshund terrier corgi pug bulldog husky collie spaniel chihuahua budgie canary cockatiel pet pup doggo "
        "iguana mouse rat chicken goat cow donkey parakeet cockatoo axolotl hedgehog chinchilla gerbil alpaca llama "
        "dalmatian rottweiler schnauzer whippet greyhound mastiff pomeranian doberman dobermann malinois samoyed akita pekingese siamese sphynx ragdoll"
    ).split():
        table[word] = Kin("pet", "has_" + word.replace("-", "_"), "", "Pet")
    for words in ("team lead", "team leader", "line manager"):
        table[words] = Kin("boss", "has_boss")
    for word, same in {
        "mommy": "mother",
        "daddy": "father",
        "stepmom": "stepmother",
        "stepdad": "stepfather",
        "grandma": "grandmother",
        "granny": "grandmother",
        "nana": "grandmother",
        "grandpa": "grandfather",
        "granddad": "grandfather",
        "auntie": "aunt",
        "mom": "mother",
        "mum": "mother",
        "mama": "mother",
        "dad": "father",
        "papa": "father",
        "hubby": "husband",
        "kid": "child",
        "gf": "girlfriend",
        "bf": "boyfriend",
        "sis": "sister",
        "bro": "brother",
        "neighbour": "neighbor",
        "co-worker": "coworker",
        "fiancé": "fiance",
        "fiancée": "fiancee",
    }.items():
        table[word] = Kin(table[word].attribute, "has_" + same, table[word].gender)
    return table


KIN: dict[str, Kin] = _kin()
SYNONYMS: dict[str, tuple[str, ...]] = {
    word: tuple(other for other, same in KIN.items() if other != word and same.relation == kin.relation) for word, kin in KIN.items()
}
"""The other words for the same relative: "mom" and "mother"."""
KIN_PLURALS: dict[str, str] = {
    "kids": "child",
    "children": "child",
    "sons": "son",
    "daughters": "daughter",
    "twins": "child",
    "parents": "parent",
    "sisters": "sister",
    "brothers": "brother",
    "siblings": "sibling",
    "friends": "friend",
    "cats": "cat",
    "dogs": "dog",
    "pets": "pet",
    "puppies": "puppy",
    "kittens": "kitten",
    "rabbits": "rabbit",
    "bunnies": "bunny",
    "parrots": "parrot",
    "hamsters": "hamster",
    "horses": "horse",
    "chickens": "chicken",
    "goats": "goat",
    "cousins": "cousin",
    "nieces": "niece",
    "nephews": "nephew",
    "colleagues": "colleague",
    "coworkers": "coworker",
    "grandchildren": "grandchild",
    "grandparents": "relative",
    "in-laws": "relative",
    "roommates": "roommate",
    "grandsons": "grandson",
    "granddaughters": "granddaughter",
    "boys": "son",
    "girls": "daughter",
    "babies": "baby",
    "birds": "bird",
}
KIN_ADJECTIVES = (
    r"(?:(?:older|younger|little|big|elder|eldest|oldest|youngest|twin|baby|late|best|close|closest|old|new|other|first|second|third|only|dear|"
    r"lovely|beautiful|sweet|ex|ex-|former|future|current|female|male|golden|german|black|white|brown|grey|gray|orange|tabby|rescue|pet|great|maternal|"
    r"paternal|direct|line|childhood|good|adopted|foster|middle|teenage|newborn|family|border|guide|guinea|\d{1,2}[- ]year[- ]old)[ -]+){0,3}"
)

SPECIES: dict[str, str] = {
    **dict.fromkeys(
        "labrador retriever poodle beagle dachshund terrier corgi pug bulldog husky collie spaniel chihuahua puppy pup doggo "
        "dalmatian rottweiler schnauzer whippet greyhound mastiff pomeranian doberman dobermann malinois samoyed akita pekingese".split(),
        "dog",
    ),
    **dict.fromkeys("siamese sphynx ragdoll".split(), "cat"),
    "kitten": "cat", "parakeet": "bird", "cockatoo": "bird", "bunny": "rabbit", "pony": "horse", "budgie": "bird", "canary": "bird", "cockatiel": "bird", "parrot": "bird",
}  # fmt: skip
"""What an animal is asked for as: "my dog" is the beagle."""
PETS = frozenset(word for word, kin in KIN.items() if kin.type == "Pet")

JOBS = frozenset(
    (
        "accountant actor actress actuary administrator advisor adviser agent analyst anesthesiologist animator architect archivist artist assistant "
        "associate astronaut astronomer attorney auditor author baker banker barber barista bartender beautician biologist blogger bookkeeper "
        "botanist builder butcher buyer captain caregiver carer carpenter cashier ceo cfo cto coo chef chemist chiropractor choreographer cleaner clerk "
        "coach comedian composer conductor consultant contractor cook coordinator copywriter counselor counsellor courier curator custodian cyclist-courier "
        "dancer decorator dentist dermatologist designer detective developer devops dietitian director dispatcher dj doctor doula dressmaker driver economist editor "
        "educator electrician engineer entrepreneur epidemiologist executive farmer filmmaker firefighter fisherman florist founder co-founder freelancer "
        "gardener geologist geographer goldsmith guard guide gynecologist hairdresser handyman headhunter historian housekeeper illustrator inspector "
        "instructor intern interpreter investor janitor jeweler joiner journalist judge laborer labourer landscaper lawyer lecturer librarian lifeguard linguist "
        "locksmith logistician machinist magician manager marketer mason masseur masseuse mathematician mechanic mediator merchant meteorologist "
        "midwife miner model musician nanny neurologist neuroscientist notary novelist nurse nutritionist officer operator optician optometrist "
        "orthodontist painter paralegal paramedic parson pastor pathologist pediatrician pharmacist philosopher photographer physician physicist "
        "physiotherapist pianist pilot planner plumber podcaster poet policeman policewoman politician postdoc postman potter president priest principal "
        "producer professor programmer prosecutor psychiatrist psychologist publicist publisher radiologist ranger realtor receptionist recruiter "
        "reporter representative researcher retailer roofer sailor salesman salesperson saleswoman scholar scientist sculptor seamstress secretary server "
        "sheriff singer social-worker sociologist soldier solicitor specialist statistician stewardess stylist superintendent supervisor surgeon surveyor "
        "sysadmin tailor teacher technician technologist therapist trader trainer translator treasurer tutor underwriter upholsterer usher "
        "valet vet veterinarian videographer violinist waiter waitress warden welder worker writer youtuber zoologist student undergraduate apprentice "
        "trainee freshman sophomore pm swe sre dba lead head chairman chairwoman partner veteran retiree homemaker admin streamer rep biochemist "
        "strategist artisan blacksmith brewer winemaker beekeeper rancher editor-in-chief dean nun monk rabbi imam minister diplomat consul "
        "paediatrician oncologist cardiologist urologist vp cpa cop firewoman fireman bouncer janitor grocer tiler glazier plasterer sommelier"
    ).split()
)
NOT_JOBS = frozenset("fan lover believer person member customer user owner reader gamer beginner newbie morning parent".split())

DEVICE_NOUNS = frozenset(
    "laptop computer pc desktop phone smartphone tablet monitor printer router tv television camera headphones earbuds smartwatch watch console "
    "macbook notebook keyboard mouse speaker soundbar drone modem server e-reader ereader scanner microphone webcam ssd nas projector".split()
)
ACCESSORIES = frozenset(
    "headphones earbuds airpods keyboard mouse speaker soundbar microphone webcam ssd charger cable wh-1000xm4 wh-1000xm5 sonos homepod".split()
)
"""Things that break like a device, but are only owned: nobody means them by "my device"."""
HOME_NOUNS = frozenset(
    "dishwasher fridge refrigerator oven washer dryer boiler heater heating thermostat vacuum toaster kettle microwave wifi wi-fi internet "
    "bike bicycle scooter motorcycle motorbike sink toilet shower roof furnace freezer lawnmower mower stove washing coffee air doorbell lock alarm "
    "app website account browser screen battery charger bluetooth mic touchpad trackpad fan keyboard software game email".split()
)
CAR_NOUNS = frozenset("car truck van suv minivan motorcycle pickup vehicle sedan hatchback jeep".split())
CAR_BRANDS = frozenset(
    "toyota honda ford chevrolet chevy bmw audi mercedes mercedes-benz volkswagen vw tesla nissan hyundai kia mazda subaru volvo porsche ferrari jeep "
    "lexus fiat renault peugeot citroën citroen skoda škoda seat opel vauxhall mini suzuki mitsubishi dacia jaguar land rover range rivian lucid "
    "cadillac buick dodge gmc acura infiniti polestar byd cupra prius corolla civic camry golf".split()
)
PRODUCT_CLASS: dict[str, str] = {
    word: noun
    for noun, words in {
        "laptop": "xps macbook thinkpad latitude inspiron chromebook zenbook ideapad pavilion spectre elitebook vivobook zephyrus laptop laptopx ultrabook alienware yoga notebook",
        "phone": "iphone pixel galaxy oneplus xiaomi redmi nokia motorola fairphone huawei xperia smartphone phone blackberry",
        "tablet": "ipad tablet remarkable",
        "e-reader": "kindle kobo",
        "camera": "canon nikon fujifilm leica gopro eos lumix camera",
        "console": "playstation ps4 ps5 xbox nintendo switch console",
        "headphones": "airpods headphones earbuds wh-1000xm4 wh-1000xm5",
        "watch": "garmin fitbit smartwatch",
        "computer": "imac pc desktop computer mac raspberry",
        "router": "router fritzbox eero",
        "monitor": "monitor",
        "printer": "printer",
        "tv": "tv television",
        "speaker": "sonos homepod speaker soundbar",
    }.items()
    for word in words.split()
}

DIETS = (
    r"(?:(?:strict(?:ly)? |mostly |fully |a |an )?)(?P<diet>(?:lacto-ovo |ovo-lacto )?vegetarian|vegan|pescatarian|pescetarian|flexitarian|gluten[- ]free|dairy[- ]free|lactose[- ]free|"
    r"lactose[- ]intolerant|gluten[- ]intolerant|sugar[- ]free|keto(?:genic)?|paleo|halal|kosher|low[- ]carb|plant[- ]based|raw vegan|carnivore|celiac|coeliac)"
)
NATIONALITIES = (
    r"american|australian|austrian|argentin(?:e|ian)|bangladeshi|belgian|brazilian|british|bulgarian|canadian|chilean|chinese|colombian|croatian|cuban|"
    r"czech|danish|dutch|egyptian|english|estonian|ethiopian|filipin[oa]|finnish|french|german|ghanaian|greek|hungarian|icelandic|indian|indonesian|iranian|"
    r"iraqi|irish|israeli|italian|jamaican|japanese|jordanian|kenyan|korean|latvian|lebanese|lithuanian|malaysian|mexican|moroccan|nepali|new zealander|"
    r"nigerian|norwegian|pakistani|palestinian|peruvian|polish|portuguese|puerto rican|romanian|russian|scottish|serbian|singaporean|slovak|slovenian|"
    r"south african|spanish|sri lankan|swedish|swiss|syrian|taiwanese|thai|tunisian|turkish|ukrainian|venezuelan|vietnamese|welsh"
)
RELIGIONS = r"muslim|christian|catholic|protestant|orthodox|jewish|hindu|buddhist|sikh|atheist|agnostic|mormon|quaker|lutheran|methodist|baptist|jain|pagan"
LANGUAGES = (
    r"afrikaans|albanian|arabic|armenian|bengali|bulgarian|cantonese|catalan|chinese|croatian|czech|danish|dutch|english|estonian|farsi|finnish|french|gaelic|"
    r"german|greek|gujarati|hebrew|hindi|hungarian|icelandic|igbo|indonesian|irish|italian|japanese|kannada|korean|latin|latvian|lithuanian|malay|malayalam|"
    r"mandarin|marathi|nepali|norwegian|persian|polish|portuguese|punjabi|romanian|russian|serbian|slovak|slovenian|somali|spanish|swahili|swedish|tagalog|"
    r"tamil|telugu|thai|turkish|ukrainian|urdu|vietnamese|welsh|yoruba|zulu|asl|sign language"
)
NOT_NAMES = frozenset(
    (
        "a an the this that these those it he she they we i you me him her them us my your his its our their mine yours who what where when why how which "
        "wait update correction fyi btw anyway guess remember edit ps note there here so and but or if then also just very really not no yes ok okay sure well now today tomorrow yesterday tonight monday tuesday wednesday "
        "thursday friday saturday sunday january february march april june july august september october november december christmas easter "
        "everyone everybody someone somebody nobody anyone people work dinner lunch breakfast life love music food time money home school college university "
        "all some many most both each every one two three four five six seven eight nine ten first last next after before since because while although though "
        "once still maybe perhaps please thanks thank hi hello hey dear sorry sadly luckily fortunately unfortunately honestly actually basically currently "
        "recently lately usually sometimes often always never ever only even another other such too again soon later finally about as at by for from in into "
        "of off on out over to up with without under during until than like back down god lord wow oh ah lol haha yeah nope great good nice cool awesome "
        "happy sad tired busy glad ready sick done here home away late early new old big small don't can't won't didn't isn't let lets let's got going "
        "single married divorced engaged pregnant vegan vegetarian allergic hungry thirsty bored excited afraid scared worried confused right wrong "
        "interested looking trying working living thinking wondering feeling getting having being doing making taking using learning starting "
        "turns turned thing things stuff something nothing anything everything english german spanish french italian american british chinese indian "
        "am is are was were be been do does did has have had will would can could should may might must male female human fine sorry born based"
    ).split()
)
NOT_PLACES = frozenset(
    "it there here that this these those them him her me you general case fact order person theory practice hurry advance particular touch mind love peace fear "
    "time bed town work school home charge trouble pain debt need total person-hood denial silence luxury poverty constant one two which what where mornings "
    "morning evening afternoon evenings summer winter spring autumn fall the country city future past middle present meantime moment way house apartment flat "
    "space nature chaos harmony sin exile isolation my own our own same different place places".split()
)
MONTHS = r"(?:january|february|march|april|may|june|july|august|september|october|november|december|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\.?"
WEEKDAYS = r"(?:mon|tues?|wednes|thurs?|fri|satur|sun)day"
NUMBERS = r"(?:\d+|an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|a few|a couple of|several|many|both|some)"
