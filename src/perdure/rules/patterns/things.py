"""Possessions, devices, cars, purchases, faults and what fixed them, warranties, memberships."""

from __future__ import annotations

from perdure.rules.patterns.base import NounRule, Rule

_WHEN = r"(?:(?:planned|upcoming|summer|winter|spring|autumn|easter|christmas|weekend|family|business|whole|next|annual|big) )*"
_PLACE = r"(?-i:[A-ZÀ-Þ])[\w'-]*(?: (?-i:[A-ZÀ-Þ])[\w'-]*){0,3}"

RULES: tuple[Rule, ...] = (
    Rule("buy purchase order", r" (?:myself |ourselves |us |me |him |her |my \w+ )?(?P<purchase>.+)", event=True),
    Rule(
        "get",
        r" (?:myself |ourselves |me |us )?(?:a|an|the|my|some|our) (?:(?:brand[- ])?new|used|second-?hand|refurbished) (?P<purchase__device_or_thing>.+)",
        event=True,
    ),
    Rule("get", r" (?:myself |ourselves |me |us )?(?:an?|the|my) (?P<purchase__device>.+)", event=True),
    Rule("pick treat", r" (?:up|myself to|ourselves to) (?:an?|the) (?P<purchase__device>.+)", event=True),
    Rule("bank", r" (?:with|at) (?P<bank>.+)"),
    Rule("have", r" (?:got )?an? (?:bank |savings |checking |current |joint )*account (?:with|at) (?P<bank>.+)"),
    Rule("open", r" an? (?:new |bank |savings |checking |current |joint )*account (?:with|at) (?P<bank>.+)", event=True),
    Rule(
        "switch change move",
        r" (?:my |our )?(?:banks? |accounts? |everything |money )*from (?P<end_bank__bank>.+?) to (?P<bank__bank>.+)",
        event=True,
    ),
    Rule("switch change", r" (?:my |our )?banks? (?:from (?P<end_bank>.+?) )?to (?P<bank>.+)", event=True),
    Rule("own", r" (?P<owns>.+)"),
    Rule("drive ride", r" (?:around in )?(?:an?|my|our|the) (?P<car__vehicle>.+)"),
    Rule("have", r" (?:got )?(?:an?|my|our|two|three|the) (?P<car__vehicle>.+)"),
    Rule("have use", r" (?:got )?(?:an?|my|our|the) (?P<device__device>.+)"),
    Rule("use", r" (?:an? |the )?(?P<uses__software>.+)", deny="end"),
    Rule(
        "switch change move upgrade migrate go",
        r" (?:my (?:\w+ )?(?:phone|laptop|computer|car|tablet) )?from (?:an? |my |the )?(?P<end_device__brand>.+?) to (?:an? |my |the )?(?P<current_device__brand>.+)",
        event=True,
    ),
    Rule("switch upgrade change", r" (?:back |over )?to (?:an? |the )(?P<current_device__brand>.+)", event=True),
    Rule("replace", r" (?:my|our|the) (?P<end_device__device>.+?) with (?:an? )?(?P<device__brand>.+)", event=True),
    Rule(
        "trade swap exchange",
        r" (?:in )?(?:my|our|the) (?:old )?(?P<end_owns__brand>.+?) (?:in )?for (?:an? |the )?(?:new |used )*(?P<purchase__brand>.+)",
        event=True,
    ),
    Rule("trade", r" in (?:my|our|the) (?P<end_owns>.+?) for (?:an? )?(?P<purchase>.+)", event=True),
    Rule(
        "sell return donate scrap",
        r" (?:off |back )?(?:both |all )?(?:of )?(?P<end_owns>(?!out|well|things|stuff|home|to |from ).+)",
        event=True,
    ),
    Rule("get", r" rid of (?P<end_owns>.+)", event=True),
    Rule("give", r" away (?P<end_owns>.+)", event=True),
    Rule("throw", r" (?:away|out) (?P<end_owns>.+)", event=True),
    Rule(
        "cancel",
        r" (?:my|our|the) (?P<end_membership__subscription>.+?) (?:subscription|membership|account|plan|contract)",
        event=True,
    ),
    Rule(
        "cancel scrap postpone",
        rf" (?:my|our|the) {_WHEN}(?=(?P<end_plan__proper_place>{_PLACE}))(?P<end_travel__proper_place>{_PLACE}) (?:trip|holiday|vacation|visit|flights?|journey|tour|cruise)\b.*",
        event=True,
    ),
    Rule(
        "cancel scrap",
        rf" (?:my|our|the) {_WHEN}(?=(?P<end_plan__phrase>.+))(?:trip|holiday|vacation|visit|flights?|journey|tour|cruise|weekend|week|tickets?) (?:to|in) (?P<end_travel__proper_place>.+)",
        event=True,
    ),
    Rule(
        "call",
        rf" off (?:my|our|the) {_WHEN}(?:(?=(?P<end_plan__proper_place>{_PLACE}))(?P<end_travel__proper_place>{_PLACE}) (?:trip|holiday|vacation|visit|flights?|journey|tour|cruise)|(?=(?P<end_plan_2__phrase>.+))(?:trip|holiday|vacation|visit|flights?|journey|tour|cruise) to (?P<end_travel_2__proper_place>.+)|(?P<end_plan_3__thing>.+))",
        event=True,
    ),
    Rule(
        "cancel",
        r" (?:my|our|the) (?P<end_plan>(?:trip|flight|vacation|holiday|visit|booking|reservation|tickets?|wedding|party|order|meeting|honeymoon|cruise|tour|journey|move)\b.*)",
        event=True,
    ),
    Rule(
        "cancel",
        r" (?:my|our|the) (?P<end_appointment__whole>.*\b(?:appointment|checkup|check-up|session|interview|consultation)\b.*)",
        event=True,
    ),
    Rule("=a =an", r" (?:\w+ )?(?:member|subscriber) (?:of|to|at) (?P<membership>.+)", needs="be"),
    Rule("subscribe", r" to (?P<membership>.+)"),
    Rule("sign", r" up (?:for|at|with|to) (?P<membership__proper_org>.+)", event=True),
    Rule("have", r" (?:got )?an? (?P<membership__exact>[A-Z][\w+]*(?: [A-Z][\w+]*)*) (?:subscription|membership)"),
    Rule("=fixed =solved =resolved", r" (?:by|with|after|thanks to|when I) (?P<solution>.+)", needs="be"),
    Rule(
        "fix solve resolve",
        r" (?:it|this|that|the (?:problem|issue)|my [\w ]{2,30}|the [\w ]{2,30}) (?:by|with|after|thanks to) (?P<solution>.+)",
        event=True,
    ),
)

NOUNS: tuple[NounRule, ...] = (
    NounRule(r"(?:main |current |new |house )?bank", "bank", "proper_org"),
    NounRule(
        r"(?:(?:current|main|new|work|daily|primary|old|home|gaming|personal) )*(?P<x>laptop|computer|pc|phone|smartphone|cell ?phone|tablet|camera|monitor|printer|router|smartwatch|watch|console|headphones|tv|e-?reader|desktop|keyboard|drone|device)",
        "thing",
        "device_or_name",
    ),
    NounRule(r"(?:current |new |first |daily )*(?P<x>car|truck|van|motorcycle|suv|vehicle)", "thing", "device_or_name"),
)
