"""Names, ages, family, friends, pets, languages, origins."""

from __future__ import annotations

from perdure.rules.lexicon import LANGUAGES, NATIONALITIES, RELIGIONS
from perdure.rules.patterns.base import NounRule, Rule

_WORDS = r"(?:[\w'-]+ ){0,3}"

RULES: tuple[Rule, ...] = (
    Rule("=called =named", r" (?P<name>.+)", needs="be"),
    Rule("go", r" by (?:the name (?:of )?)?(?P<name>.+)"),
    Rule("turn", r" (?P<age>\d.*)", event=True),
    Rule(
        "=married",
        rf"(?P<marital_status_word>) to (?:(?:my |a |an )?{_WORDS}(?:husband|wife|spouse),? )?(?P<spouse>.+)",
        needs="be",
    ),
    Rule("marry", r" (?:my (?:\w+ ){0,2})?(?P<spouse>.+)", event=True),
    Rule(
        "=married =single =divorced =engaged =widowed =separated",
        r"(?P<marital_status_word>)(?: to (?:my (?:\w+ ){0,2})?(?P<partner>.+))?(?! (?:in (?:a|the) (?:call|meeting|conversation|discussion)|with))",
        needs="be",
    ),
    Rule(
        "get",
        r" (?P<marital_status__exact>married|divorced|engaged|remarried|separated|hitched)(?: to (?:my (?:\w+ ){0,2})?(?P<partner>.+))?",
        event=True,
    ),
    Rule("=dating =seeing", r" (?:a (?:guy|girl|man|woman|person) (?:named|called) )?(?P<partner>.+)"),
    Rule(
        "get break split",
        r" (?:back )?(?:up )?(?:together )?with (?:my (?:\w+ )?(?:boyfriend|girlfriend|partner|fiancée?),? ?)?(?P<end_partner>.+)",
        event=True,
    ),
    Rule(
        "have",
        rf" (?:got )?{_WORDS}(?P<kin>[\w-]+(?: retriever| pig| terrier| shepherd| bulldog| collie| spaniel)?)(?: mix)?,? (?:(?:who(?:'s| is| are)|is|are) )?(?:named|called|whose names? (?:is|are)) (?P<names>.+)",
    ),
    Rule("have", rf" (?:got )?{_WORDS}(?P<kin>[\w-]+)[:,] (?P<names>[A-Z].+)"),
    Rule(
        "have",
        r" (?:got )?(?:(?:a|an|one|two|three|four|five|six|\d+|my) )(?:\w+ ){0,2}(?P<kin>[\w-]+),? (?P<names>(?-i:[A-Z]).+)",
    ),
    Rule(
        "adopt get buy rescue foster bring",
        rf" (?:home )?{_WORDS}(?P<kin>[\w-]+(?: retriever| pig| terrier| shepherd)?)(?: mix)?,? (?:(?:who is|and) )?(?:(?:we |i )?named|called)(?: (?:him|her|it|them))? (?P<names>.+)",
        event=True,
    ),
    Rule("name", r" (?:our|my|the) (?:new )?(?P<kin>[\w-]+) (?P<names>.+)", event=True),
    Rule(
        "speak",
        rf" (?:fluent |some |a (?:little|bit of) |a little bit of |good |basic |native |both |only |conversational |broken |decent )*(?P<language>(?:{LANGUAGES})\b.*)",
        deny="end",
    ),
    Rule("=fluent", rf" in (?P<language>(?:{LANGUAGES})\b.*)", needs="be"),
    Rule("=born =raised", r" (?:and raised )?on (?P<birthday>\d.+?) in (?P<from>.+)", event=True),
    Rule(
        "=born =raised",
        r" (?:and raised |and brought up )?in (?P<from>(?!\d|the (?:\d|summer|winter|spring|fall)|a (?:hospital|small|family)|january|february|march|april|may|june|july|august|september|october|november|december).+?)(?: on (?P<birthday>.+))?$",
        event=True,
    ),
    Rule("=born =raised", r" on (?P<birthday>.+)", event=True),
    Rule(
        "=born",
        r" (?:in )?(?P<birthday>(?:january|february|march|april|may|june|july|august|september|october|november|december) .+|\d{4}\b.*)",
        event=True,
    ),
    Rule("grow", r" up (?:mostly |mainly |partly )?(?:in|near|around) (?P<from>.+)", event=True),
    Rule("=from", r" (?P<from>.+)", needs="be"),
    Rule("=originally", r" from (?P<from>.+)"),
    Rule("come hail", r" (?:originally )?from (?P<from>(?!a |an |the ).+)"),
    Rule(
        " ".join("=" + w for w in NATIONALITIES.split("|") if " " not in w),
        r"(?P<nationality_word>)(?=\W|$)(?! (?:food|restaurant|music|film|movie|girl|guy|teacher|course|class))",
        needs="be",
    ),
    Rule("=half =part =a =an", rf" (?P<nationality>(?:{NATIONALITIES}))(?: citizen| national)?(?=\W|$)(?! \w+er\b)", needs="be"),
    Rule("=a =an", rf" (?:practicing |devout |proud |lapsed )?(?P<religion>(?:{RELIGIONS}))(?=\W|$)", needs="be"),
    Rule(" ".join("=" + w for w in RELIGIONS.split("|")), r"(?P<religion_word>)(?=\W|$)", needs="be"),
    Rule(
        "=a =an =the",
        r" (?P<marital_status>single|divorced|widowed|married)(?: (?:mother|father|mom|dad|mum|parent|woman|man|guy))",
        needs="be",
    ),
)

NOUNS: tuple[NounRule, ...] = (
    NounRule(r"(?:full |first |given |real |actual |birth |legal )?name", "name", "name"),
    NounRule(r"(?:last|family|sur) ?name|surname", "last_name", "name"),
    NounRule(r"nick ?name", "nickname", "name"),
    NounRule(r"birth ?day|date of birth|birth ?date|dob|b-?day", "birthday", "date"),
    NounRule(r"age", "age", "age"),
    NounRule(r"(?:native |first |mother |main )(?:language|tongue)", "language", "things"),
    NounRule(r"nationality|citizenship", "nationality", "thing"),
    NounRule(r"religion|faith", "religion", "thing"),
    NounRule(r"home ?town|birth ?place|place of birth", "from", "place"),
    NounRule(r"(?:wedding )?anniversary", "anniversary", "date"),
    NounRule(r"pronouns", "pronouns", "exact"),
    NounRule(r"(?:relationship|marital) status", "marital_status", "exact"),
    NounRule(r"height", "height", "number"),
    NounRule(r"(?:current |body )?weight", "weight", "number"),
)
