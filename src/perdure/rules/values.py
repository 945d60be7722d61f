"""What of a sentence is the value: each kind of value is cut out of the words that follow a pattern, or refused."""

from __future__ import annotations

from collections.abc import Callable

from perdure.rules.lazy import rx
from perdure.rules.lexicon import (
    ACCESSORIES,
    CAR_BRANDS,
    CAR_NOUNS,
    DEVICE_NOUNS,
    JOBS,
    MONTHS,
    NOT_JOBS,
    NOT_NAMES,
    NOT_PLACES,
    NUMBERS,
    PRODUCT_CLASS,
    WEEKDAYS,
)
from perdure.rules.spans import CLAUSE, TIME, Span, checked, parts, phrase, thing, things, trim, whole, words_end

Cutter = Callable[[str, int, int], list[Span]]


_NAME = (
    r"(?:[A-ZÀ-ÖØ-ÞŁŚŽČ][\w'’.-]*[\w]|[A-ZÀ-Ö])(?:\s(?:(?:van|von|de|da|di|del|la|le|bin|al|el|der|den|dos|du)\s)*[A-ZÀ-ÖØ-ÞŁŚŽČ][\w'’-]*)*"
)


_NO_HOMES = frozenset(
    "office offices team department branch division group project site building desk floor room hotel hostel airbnb unit campus company role position job shift list folder topic question subject side seat".split()
)
"""What one moves to without moving house."""


def place(text: str, start: int, end: int) -> list[Span]:
    """A place; "a small town" is none, "a village near Bath" is, "Portland, Oregon" is one."""
    end = words_end(
        text,
        start,
        end,
        CLAUSE,
        TIME,
        r"\s+(?:with|for|as|from|since|before|after|until|till|near where|that|to|by|together|alone|full[- ]time|part[- ]time|right|where|working|is|was|has|and)\b",
    )
    m = rx(r",\s+(?![A-ZÀ-Þ])", 0).search(text, start, end) or rx(r",\s+(?:I|We|He|She|They|My)\b", 0).search(text, start, end)
    end = m.start() if m else end
    spans = trim(text, start, end)
    if not spans:
        return []
    start, end = spans[0]
    low = text[start:end].casefold()
    article = rx(r"(?:a|an|my|our|his|her|their|some|the|this|one)\s").match(low)
    proper = any(w[:1].isupper() for w in text[start:end].split())
    cased = text[:end] != text[:end].lower()
    if article and not proper and not (low.startswith("the ") and not cased and len(low.split()) > 2):
        return []
    if (
        article
        and proper
        and not low.startswith("the ")
        and not rx(r"\b(?:near|outside|of|by|in|close to)\s+[A-ZÀ-Þ]", 0).search(text, start, end)
    ):
        return []
    if low.startswith("the "):
        start += 4
        low = low[4:]
    if (
        low.split()[-1] in _NO_HOMES
        or low.split()[0] in NOT_PLACES
        or len(low.split()) > 6
        or (not proper and len(low.split()) > 3)
        or any(c.isdigit() for c in low[:1])
    ):
        return []
    return [(start, end)]


def org(text: str, start: int, end: int) -> list[Span]:
    """An organisation by name: "Acme", "the post office"; "a bank" is none."""
    end = words_end(
        text,
        start,
        end,
        CLAUSE,
        TIME,
        r"\s+(?:as|in|on|with|from|that|to|where|doing|fully|remotely|full[- ]time|part[- ]time|right|and|is|was|near|by|over|but|making|managing|leading|working)\b|,(?!\s+(?:Inc|Ltd|LLC|GmbH|Co))",
    )
    low = text[start:end].casefold().lstrip()
    if rx(
        r"(?:a|an|my|our|his|her|their|some|home|this|that|it|there|here|them|myself|night|nights|least|all|weekends|mornings|the (?:same|morning|evening|afternoon|time|moment|weekend|office|gym|end|start|beginning|best|first|last|house|city|back|idea|room|party|table|keys|car)(?!\s+(?:council|hall|hospital|library|government|department|club|center|centre|company|group|bank|school|police|administration))|two|three|\d+)\b"
    ).match(low):
        return []
    m = rx(r"\s*the\s+(?=[a-z])", 0).match(text, start, end) or rx(r"\s*the\s+").match(text, start, end)
    return checked(text, m.end() if m else start, end, limit=6)


def proper_org(text: str, start: int, end: int) -> list[Span]:
    """An organisation written as a name, for verbs that take anything ("left", "joined")."""
    return [
        s
        for s in org(text, start, end)
        if text[s[0]].isupper() or (text[s[0] : s[1]].split(maxsplit=1)[0].isalpha() is False and text[s[0]].isupper())
    ]


def title(text: str, start: int, end: int) -> list[Span]:
    """A job's title after "work as": any noun phrase."""
    end = words_end(
        text,
        start,
        end,
        CLAUSE,
        TIME,
        r"\s+(?:at|for|in|with|on|from|to|who|that|by|near|here|over|working|based|specializing|now|full[- ]time|part[- ]time)\b|,|\s+and\s+(?!\w+(?:er|or|ist|ian)\b)",
    )
    m = rx(
        r"\s*(?:(?:a|an|the|their|his|her|our|its|currently|now|actually|also|just|full[- ]time|part[- ]time|freelance(?! \w+ (?:at|for)))\s+)*"
    ).match(text, start, end)
    return checked(text, m.end() if m else start, end, limit=6)


def job(text: str, start: int, end: int) -> list[Span]:
    """A job's title after "I'm a": the noun must be one people are paid for."""
    for a, b in title(text, start, end):
        words = text[a:b].casefold().replace(",", "").split()
        known = next((w for w in reversed(words) if w in JOBS or w.rstrip("s") in JOBS), None)
        if (
            known is None
            or words[-1] in NOT_JOBS
            or words[0] in ("good", "bad", "big", "huge", "terrible", "great", "very", "bit", "not", "better", "real", "born", "natural")
        ):
            continue
        head = words[words.index("of") - 1] if "of" in words[1:] else words[-1]
        if head not in JOBS and head.rstrip("s") not in JOBS:
            continue
        return [(a, b)]
    return []


def name(text: str, start: int, end: int) -> list[Span]:
    """A person's (or pet's) name after "my name is": capitalised, or one lower-case word that is no common word."""
    m = rx(r"\s*(?:(?:is|called|named|spelled|spelt|Dr\.|Mr\.|Mrs\.|Ms\.|actually|a|just|sir|also|still|now)\s+)*").match(text, start, end)
    start = m.end() if m else start
    m = rx(_NAME, 0).match(text, start, end)
    if m:
        spans = trim(text, start, min(m.end(), end))
        if spans and text[spans[0][0] : spans[0][1]].split(maxsplit=1)[0].casefold() in NOT_NAMES:
            return []
        return spans if len(text[start : m.end()].split()) <= 5 else []
    m = rx(r"[^\W\d_][\w'-]*").match(text, start, end)
    if m is None or m.group().casefold() in NOT_NAMES or len(m.group()) < 2:
        return []
    return [(m.start(), m.end())]


def names(text: str, start: int, end: int) -> list[Span]:
    """A list of names."""
    end = words_end(
        text,
        start,
        end,
        r"[;()\n\r!?]|(?<!\bDr)(?<!\bMr)(?<!\bMs)(?<!\bMrs)(?<!\bSt)\.(?:\s|$)|,?\s+(?:who|which|both|aged?|but|so|and (?:i|we|they|he|she|my))\b|\s[-–—]+\s",
    )
    out: list[Span] = []
    for a, b in parts(text, start, end):
        out += name(text, a, b)
    return out[:8]


def proper_name(text: str, start: int, end: int) -> list[Span]:
    """A capitalised name only."""
    return [s for s in name(text, start, end) if text[s[0]].isupper()]


def number(text: str, start: int, end: int) -> list[Span]:
    """An amount with its unit: "1500 euros", "$85,000", "178 cm", "80k"."""
    m = rx(
        r"\s*(?:about |around |roughly |approximately |exactly |only |up to |under |at most |max(?:imum)? |like |nearly |almost |over |just )*"
        r"(?P<v>(?:[$€£¥₹]|USD|EUR|GBP|Rs\.?)?\s?\d[\d.,]*\d?(?:'\s?\d{1,2}(?:\")?)?\s?(?:k\b|m\b|million|thousand|lakh|%)?"
        r"(?:\s?(?:cm|kg|kgs|kilos?|lbs?|pounds?|stone|feet|foot|ft|inch(?:es)?|m\b|meters?|metres?|euros?|dollars?|bucks|usd|eur|gbp|chf|rupees|yen|francs|quid|€|\$|£))?"
        r"(?:\s?\d{1,2}(?:\s?(?:inch(?:es)?|in|cm))?)?)"
    ).match(text, start, end)
    return trim(text, *m.span("v")) if m else []


def age(text: str, start: int, end: int) -> list[Span]:
    """A number of years from 0 to 120."""
    m = rx(
        r"\s*(?:about |almost |nearly |only |just |turning |around )*(?P<v>\d{1,3})\b(?!\s?(?:%|cm|kg|km|miles|minutes|hours|days|weeks|months|percent|steps|pounds|lbs|feet|degrees|[/:.]\d))"
    ).match(text, start, end)
    return [m.span("v")] if m and int(m.group("v")) <= 120 else []


def date(text: str, start: int, end: int) -> list[Span]:
    """A date in the speaker's own words: "May 4th", "12 August 1988", "2027-05-01", "next spring"."""
    m = rx(
        rf"\s*(?:(?:is |was |on |in |until |till |the |around |about |next |this |end of |by |early |late )*)(?P<v>\d{{4}}-\d{{1,2}}-\d{{1,2}}|\d{{1,2}}[./-]\d{{1,2}}(?:[./-]\d{{2,4}})?|"
        rf"{MONTHS} \d{{1,2}}(?!\d)(?:st|nd|rd|th)?(?:,? \d{{4}})?|\d{{1,2}}(?:st|nd|rd|th)?(?: of)? {MONTHS}(?:,? \d{{4}})?|{MONTHS},? \d{{4}}|{MONTHS}(?![a-z])|\d{{4}}|{WEEKDAYS}|tomorrow|today|next \w+|(?:spring|summer|autumn|fall|winter)(?: \d{{4}})?)"
    ).match(text, start, end)
    return trim(text, *m.span("v")) if m else []


def exact(text: str, start: int, end: int) -> list[Span]:
    """What the pattern caught, as it is."""
    return trim(text, start, end)


def address(text: str, start: int, end: int) -> list[Span]:
    """A postal address, to the end of the sentence."""
    spans = trim(text, start, min(words_end(text, start, end, r"[;()\n\r!?]|,? (?:and (?:i|my|we)|but|so|since|until)\b"), start + 140))
    return [s for s in spans if any(c.isdigit() for c in text[s[0] : s[1]]) or text[s[0]].isupper()]


def tz(text: str, start: int, end: int) -> list[Span]:
    """A time zone's name without the words "time zone"."""
    m = rx(r"\s*(?P<v>\S+?(?: ?[+-]\d+)?)(?: time ?zone| time)\b").match(text, start, end)
    return [m.span("v")] if m else []


def proper_place(text: str, start: int, end: int) -> list[Span]:
    """A place written as a name."""
    return [s for s in place(text, start, end) if text[s[0]].isupper()]


def brand(text: str, start: int, end: int) -> list[Span]:
    """A product by name: with a capital, a digit, or a known product line."""
    return [s for s in thing(text, start, end) if _branded(text[s[0] : s[1]])]


def bank(text: str, start: int, end: int) -> list[Span]:
    """A bank by name, where nothing but the name tells that it is one."""
    known = rx(
        r"(?:\w*bank\w*|\w*sparkasse\w*|credit union|building society|dkb|ing|n26|c24|revolut|monzo|starling|chase|hsbc|barclays|lloyds|natwest|santander|bbva|"
        r"wise|citi|wells fargo|capital one|ally|ubs|raiffeisen\w*|unicredit|intesa|bnp(?: paribas)?|crédit agricole|société générale|caixa\w*|nubank|itaú|bradesco|"
        r"nationwide|halifax|schwab|bunq|rabobank|abn amro|nordea|swedbank|seb|bpi|fineco)"
    )
    return [s for s in thing(text, start, end) if text[s[0]].isupper() and any(known.fullmatch(w) for w in _names_in(text[s[0] : s[1]]))]


def _names_in(value: str) -> list[str]:
    """A name, and the words it is made of."""
    return [value, *value.split()]


def software(text: str, start: int, end: int) -> list[Span]:
    """A tool by name: "Flask 2.3.1", "Notion"."""
    return [s for s in thing(text, start, end) if text[s[0]].isupper() and not is_device(text[s[0] : s[1]])]


def device(text: str, start: int, end: int) -> list[Span]:
    """A device: a known product line, or a noun that names one."""
    return [s for s in thing(text, start, end) if is_device(text[s[0] : s[1]])]


def vehicle(text: str, start: int, end: int) -> list[Span]:
    """A car by make or by noun."""
    return [s for s in thing(text, start, end) if is_vehicle(text[s[0] : s[1]])]


def named_thing(text: str, start: int, end: int) -> list[Span]:
    """What "my laptop is …" says it is: a name, not a state."""
    m = rx(r"\s*(?:an?|the|my|our|now|still|currently|this|called|named)\s").match(text, start, end)
    return [
        s for s in thing(text, start, end) if _branded(text[s[0] : s[1]]) and (m or text[s[0]].isupper() or is_device(text[s[0] : s[1]]))
    ]


def dose(text: str, start: int, end: int) -> list[Span]:
    """A medication after "I take": a drug's name or dose, or a known sort of remedy."""
    m = rx(
        rf"\s*(?:my |an? |the |some |daily |\d+ ?(?:mg|mcg|ml|g|iu|pills?|tablets?|puffs?) (?:of )?|{NUMBERS} (?:pills?|tablets?|capsules?|puffs?) of )*"
    ).match(text, start, end)
    return drug(text, m.end() if m else start, end)


def drug(text: str, start: int, end: int) -> list[Span]:
    """A drug: by the endings drugs are named with, or a common remedy."""
    end = words_end(text, start, end, CLAUSE, TIME, r"\s+(?:for|to|with|every|daily|in the|at night|twice|once|as|against|because)\b")
    out: list[Span] = []
    for a, b in parts(text, start, end):
        for c, d in checked(text, a, b, limit=4):
            if rx(_DRUG).search(text, c, d):
                out.append((c, d))
    return out


_DRUG = (
    r"\b\w{2,}(?:formin|statin|pril|sartan|olol|zole|pine|xetine|traline|pram|zepam|zolam|cillin|mycin|floxacin|cycline|profen|oxen|mab|tinib|gliptin|glutide|flozin|thyroxine|sone|solone|lukast|terol|dipine|"
    r"azine|afil|vir|oxacin|parin|xaban|grel|tidine|setron|triptan|idone|apine|barbital|gabalin|bapentin|phenidate|afetamine|amphetamine|lone|nazole|conazole|tadine|tirizine)\b|"
    r"\b(?:insulin|aspirin|ibuprofen|paracetamol|acetaminophen|tylenol|advil|lithium|warfarin|xanax|prozac|zoloft|lexapro|adderall|ritalin|vyvanse|concerta|ozempic|wegovy|humira|synthroid|lipitor|"
    r"antidepressants?|antihistamines?|blood thinners?|beta[- ]blockers?|birth control|the pill|antibiotics|statins|steroids|vitamins?(?: \w+)?|supplements?|iron|magnesium|melatonin|medication|meds|claritin|zyrtec|inhaler|b12|omega-3|creatine|probiotics)\b"
)


def ambition(text: str, start: int, end: int) -> list[Span]:
    """What somebody wants to reach, as opposed to what they want right now."""
    if not rx(
        r"\s*(?:learn (?!how|more|about)|become|run (?:a|for|the)|visit|travel|move (?:to|in|out|abroad|back)|buy|own|start (?:a|my own|an)|write (?:a|my) (?:\w+ )?(?:book|novel|memoir|screenplay|blog)|publish|get (?:my|in shape|fit|married|promoted|a (?:job|dog|cat|degree|promotion))|lose|save (?:for|up|money)|retire|build a|climb|see the|open a|stop|quit|have (?:kids|children)|"
        r"study|live|work|adopt|complete|pay off|go (?:to|back)|be (?:a|an|more|able)|read|eat (?:less|more|health)|sleep|master|win|pass|graduate|switch (?:jobs|careers|to)|hike|swim|drink less|cut (?:down|back|out)|volunteer|teach|earn|take up)\b"
    ).match(text, start, end):
        return []
    return phrase(text, start, end)


def trying(text: str, start: int, end: int) -> list[Span]:
    """A lasting effort after "I'm trying to": to lose weight, to conceive; not to understand an answer."""
    if not rx(
        r"\s*(?:lose|gain|quit|stop|learn|eat|cut|save|get (?:pregnant|in shape|fit|better at|into)|conceive|become|run|drink|sleep|read more|exercise|be more|spend less|avoid|build (?:a habit|muscle)|go vegan|pay off)\b"
    ).match(text, start, end):
        return []
    return phrase(text, start, end)


def booking(text: str, start: int, end: int) -> list[Span]:
    """What was booked: a flight, a table, a trip."""
    if not rx(
        r"\s*(?:(?:an?|the|our|my|two|three|four|some) )?(?:[\w-]+ ){0,3}?(?:flights?|tickets?|trip|hotel|table|room|holiday|vacation|cruise|tour|train|seats?|airbnb|cabin|venue|course|class|lesson|massage|restaurant|campsite)\b"
    ).match(text, start, end):
        return []
    return phrase(text, start, end)


def subscription(text: str, start: int, end: int) -> list[Span]:
    """What a subscription or membership is to."""
    return thing(text, start, end)


def favorite(text: str, start: int, end: int) -> list[Span]:
    """What is somebody's favourite: one thing, with its article if that belongs to a title."""
    end = words_end(text, start, end, CLAUSE, TIME, r",|\s+(?:by far|hands down|and (?:it|i|my)|with|because|for its|for the|for their)\b")
    m = rx(
        r"\s*(?:(?:definitely|probably|still|now|currently|always|actually|also|a|an|any|anything|my|has to be|would be|either|the color|the colour|the number)\s+)*"
    ).match(text, start, end)
    return checked(text, m.end() if m else start, end, limit=8)


def device_or_thing(text: str, start: int, end: int) -> list[Span]:
    """Whatever was bought new."""
    return [
        s
        for s in thing(text, start, end)
        if not rx(
            r"\b(?:job|role|position|boss|idea|plan|haircut|start|perspective|tattoo|deal|one|friend|life|chance|look|feeling|manager|teacher|doctor|puppy|kitten|dog|cat|neighbou?rs?|roommate|school|name|team|hobby|sister|brother|girlfriend|boyfriend)$"
        ).search(text, *s)
    ]


def occasion(text: str, start: int, end: int) -> list[Span]:
    """When something is: the words after "my flight is", with their time."""
    spans = whole(text, start, end)
    return [s for s in spans if rx(r"\d|\b(?:today|tomorrow|tonight|next|this|in|on|at)\b|day\b").search(text, *s)]


def _branded(value: str) -> bool:
    return any(c.isupper() or c.isdigit() for c in value) or any(w in PRODUCT_CLASS or w in CAR_BRANDS for w in value.casefold().split())


def is_device(value: str) -> bool:
    """Whether the words name a device."""
    words = value.casefold().replace("-", " ").split()
    return any(w in PRODUCT_CLASS or w in DEVICE_NOUNS for w in words) and not is_vehicle(value)


def is_gadget(value: str) -> bool:
    """Whether the words name a device of its own (a laptop, a phone, a printer), not an accessory to one."""
    return is_device(value) and ACCESSORIES.isdisjoint(value.casefold().split())


def is_vehicle(value: str) -> bool:
    """Whether the words name a car."""
    words = value.casefold().split()
    return any(w in CAR_NOUNS or w in CAR_BRANDS for w in words) and not any(
        w in ("keys", "insurance", "rental", "accident", "loan", "seat", "payment", "wash", "ride", "trouble") for w in words
    )


CUTTERS: dict[str, Cutter] = {
    "bank": bank,
    "phrase": phrase,
    "whole": whole,
    "thing": thing,
    "things": things,
    "place": place,
    "org": org,
    "proper_org": proper_org,
    "title": title,
    "job": job,
    "name": name,
    "names": names,
    "proper_name": proper_name,
    "number": number,
    "age": age,
    "date": date,
    "exact": exact,
    "address": address,
    "proper_place": proper_place,
    "tz": tz,
    "brand": brand,
    "device": device,
    "software": software,
    "vehicle": vehicle,
    "device_or_name": named_thing,
    "dose": dose,
    "drug": drug,
    "ambition": ambition,
    "trying": trying,
    "booking": booking,
    "subscription": subscription,
    "favorite": favorite,
    "device_or_thing": device_or_thing,
    "occasion": occasion,
}


DEFAULT: dict[str, str] = {
    "bank": "proper_org",
    "name": "name",
    "nickname": "name",
    "lives_in": "place",
    "from": "place",
    "employer": "org",
    "job_title": "title",
    "studies": "thing",
    "school": "org",
    "age": "age",
    "birthday": "date",
    "marital_status": "exact",
    "spouse": "proper_name",
    "partner": "proper_name",
    "child": "names",
    "friend": "proper_name",
    "boss": "proper_name",
    "pet": "names",
    "owns": "thing",
    "purchase": "thing",
    "device": "thing",
    "current_device": "thing",
    "car": "thing",
    "diet": "exact",
    "allergy": "things",
    "condition": "things",
    "medication": "things",
    "likes": "things",
    "dislikes": "things",
    "language": "things",
    "hobby": "things",
    "plan": "phrase",
    "appointment": "phrase",
    "issue": "phrase",
    "solution": "thing",
    "warranty": "date",
    "phone": "exact",
    "email": "exact",
    "address": "address",
    "blood_type": "exact",
    "height": "number",
    "weight": "number",
    "salary": "number",
    "budget": "number",
    "timezone": "exact",
    "nationality": "exact",
    "religion": "exact",
    "goal": "phrase",
    "routine": "whole",
    "skill": "things",
    "membership": "org",
    "travel": "place",
    "event": "phrase",
}


def cut(kind: str, text: str, start: int, end: int) -> list[Span]:
    """The spans of the values of `kind` (a key of `CUTTERS`) in `text[start:end]`."""
    return CUTTERS[kind](text, start, end)
