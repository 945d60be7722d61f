"""Diet, allergies, conditions, medication, body."""

from __future__ import annotations

from perdure.rules.lexicon import DIETS
from perdure.rules.patterns.base import NounRule, Rule

_DIET_HEADS = " ".join(
    "=" + w
    for w in (
        "vegetarian vegan pescatarian pescetarian flexitarian keto paleo halal kosher gluten-free dairy-free lactose-free celiac coeliac "
        "lactose lactose-intolerant gluten-intolerant gluten plant-based low-carb veggie sugar-free"
    ).split()
)
_CONDITIONS = (
    r"(?:(?:type [12] |mild |severe |chronic |seasonal |high |low |bad |terrible |an? )*(?:asthma|diabetes|arthritis|hypertension|(?:high|low) blood pressure|high cholesterol|anxiety|depression|adhd|add|autism|"
    r"migraines?|epilepsy|ibs|crohn'?s(?: disease)?|celiac(?: disease)?|eczema|psoriasis|insomnia|sleep apnea|tinnitus|scoliosis|endometriosis|pcos|hypothyroidism|hyperthyroidism|anemia|anaemia|"
    r"cancer|lupus|fibromyalgia|ocd|ptsd|dyslexia|gout|hay fever|acid reflux|gerd|vertigo|glaucoma|heart (?:condition|disease|murmur)|back (?:pain|problems)|knee (?:pain|problems)|"
    r"ms|parkinson'?s|alzheimer'?s|dementia|long covid|sciatica|carpal tunnel|color ?blind(?:ness)?|colour ?blind(?:ness)?|tendonitis|osteoporosis|ulcerative colitis|pots))\b"
)

RULES: tuple[Rule, ...] = (
    Rule("=allergic", r" to (?P<allergy>.+)", needs="be"),
    Rule(
        "=deathly =severely =highly =extremely =mildly =slightly =violently =terribly =deadly",
        r" allergic to (?P<allergy>.+)",
        needs="be",
    ),
    Rule("have", r" (?:got )?(?:an? )?(?:severe |bad |mild |serious |slight |known )*allerg(?:y|ies) to (?P<allergy>.+)"),
    Rule(
        "have",
        r" (?:got )?(?:an? )(?:severe |bad |mild |serious |known |life-threatening )*(?P<allergy__exact>[\w-]+(?: [\w-]+)?) allergy",
    ),
    Rule("develop", r" an? allergy to (?P<allergy>.+)", event=True),
    Rule(
        _DIET_HEADS,
        r"(?P<diet_head>)(?: intolerant|[- ]free)?(?=\W|$)(?! (?:restaurant|food|recipe|option|cook|meal|place))",
        needs="be",
        kind="preference",
    ),
    Rule(
        "=a =an =strictly =mostly =fully =on =strict",
        rf" (?:a )?{DIETS}(?=\W|$)(?! (?:restaurant|food|cook|recipe|place))",
        needs="be",
        kind="preference",
    ),
    Rule("go become turn", rf" {DIETS}(?=\W|$)", event=True, kind="preference"),
    Rule("eat follow keep do", rf" (?:an? |only |strictly )*{DIETS}(?=\W|$)(?: diet| food)?", kind="preference"),
    Rule(
        "stop quit",
        rf" (?:being|eating|doing|going) (?:an? )?{DIETS.replace('<diet>', '<end_diet>')}(?=\W|$)",
        event=True,
        kind="preference",
    ),
    Rule("eat drink", r" (?:any |only )?(?P<eats>.+)", deny="nothing"),
    Rule("stop quit", r" (?:eating|drinking) (?P<avoids__things>.+)", event=True, kind="preference"),
    Rule("avoid", r" (?:eating |all |any )?(?P<diet__things>.+)", kind="preference"),
    Rule("=diagnosed", r" with (?P<condition>.+)", needs="be", event=True),
    Rule("get", r" diagnosed with (?P<condition>.+)", event=True),
    Rule("suffer", r" from (?P<condition>.+)"),
    Rule("have", rf" (?:got )?(?P<condition>{_CONDITIONS}.*)"),
    Rule("=get =gets", rf" (?:bad |terrible |awful |frequent )*(?P<condition>{_CONDITIONS}.*)"),
    Rule("develop", rf" (?P<condition>{_CONDITIONS}.*)", event=True),
    Rule(
        "=diabetic =asthmatic =epileptic =autistic =colorblind =colour-blind =pregnant =dyslexic =deaf =blind =celiac =anemic =hypertensive",
        r"(?P<condition_head>)(?=\W|$)",
        needs="be",
    ),
    Rule("=color =colour =hard =lactose", r"(?P<condition_head>)(?= blind| of hearing)", needs="be"),
    Rule("take", r" (?P<medication__dose>.+)"),
    Rule("=on", r" (?P<medication__drug>.+)", needs="be"),
    Rule("=prescribed", r" (?P<medication>.+)", needs="be", event=True),
    Rule("start", r" taking (?P<medication__dose>.+)", event=True),
    Rule("stop quit", r" taking (?P<end_medication>.+)", event=True),
    Rule("weigh", r" (?P<weight>\D{0,12}\d.*)"),
    Rule(
        "=expecting",
        r"(?P<condition_word>)(?=\s*$|\s+(?:in|our|my|an?|twins)\b(?: (?:\w+ )?(?:baby|child|boy|girl|son|daughter|kid|one))?\s*(?:$|in\b|on\b|this\b|next\b))(?! a (?!baby|child|boy|girl))",
        needs="be",
    ),
)

NOUNS: tuple[NounRule, ...] = (
    NounRule(r"blood (?:type|group)", "blood_type", "exact"),
    NounRule(r"(?:food |known |main |only )*allerg(?:y|ies)", "allergy", "things"),
    NounRule(r"(?:current |daily )?(?:medication|medicine|meds|medications)", "medication", "things"),
    NounRule(r"diet", "diet", "thing"),
)
