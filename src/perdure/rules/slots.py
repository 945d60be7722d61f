"""The slot table: what an attribute is called, whether it holds one value, and which attributes oppose one another.

Every attribute has one canonical name; callers may use any alias (`city` for `lives_in`). `favorite_<thing>` is an open
family: each member is single-valued, and "favourite food" or "favorite_food" both lead to it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Attribute:
    """One row: the words that join entity and value in a sentence, and what a value becomes in the graph.

    `single`: a new value takes the place of the old one. `relation` and `type`: the edge to the value and the value's entity
    type, both empty when a value (an age, a phone number) is no thing of its own.
    """

    label: str
    single: bool = False
    relation: str = ""
    type: str = ""


ATTRIBUTES: dict[str, Attribute] = {
    "name": Attribute("is called", single=True),
    "nickname": Attribute("goes by"),
    "lives_in": Attribute("lives in", single=True, relation="lives_in", type="Place"),
    "from": Attribute("comes from", relation="from", type="Place"),
    "employer": Attribute("works at", single=True, relation="works_at", type="Organization"),
    "job_title": Attribute("works as", single=True),
    "studies": Attribute("studies", relation="studies", type="Subject"),
    "school": Attribute("goes to school at", relation="studies_at", type="Organization"),
    "age": Attribute("is aged", single=True),
    "birthday": Attribute("was born on", single=True),
    "marital_status": Attribute("is", single=True),
    "spouse": Attribute("is married to", single=True, relation="has_spouse", type="Person"),
    "partner": Attribute("is together with", single=True, relation="has_partner", type="Person"),
    "child": Attribute("has the child", relation="has_child", type="Person"),
    "parent": Attribute("has the parent", relation="has_parent", type="Person"),
    "sibling": Attribute("has the sibling", relation="has_sibling", type="Person"),
    "relative": Attribute("has the relative", relation="has_relative", type="Person"),
    "friend": Attribute("is friends with", relation="has_friend", type="Person"),
    "colleague": Attribute("works with", relation="has_colleague", type="Person"),
    "boss": Attribute("reports to", relation="has_boss", type="Person"),
    "doctor": Attribute("is treated by", relation="has_doctor", type="Person"),
    "contact": Attribute("knows", relation="has_contact", type="Person"),
    "neighbor": Attribute("lives next to", relation="has_neighbor", type="Person"),
    "pet": Attribute("has the pet", relation="has_pet", type="Pet"),
    "bank": Attribute("banks with", relation="banks_with", type="Organization"),
    "owns": Attribute("owns", relation="owns", type="Thing"),
    "uses": Attribute("uses", relation="uses", type="Tool"),
    "avoids": Attribute("avoids", relation="avoids", type="Thing"),
    "anniversary": Attribute("has the anniversary", single=True),
    "current_device": Attribute("now uses", single=True, relation="owns", type="Device"),
    "device": Attribute("has the device", relation="owns", type="Device"),
    "car": Attribute("drives", relation="owns", type="Vehicle"),
    "diet": Attribute("eats", single=True),
    "allergy": Attribute("is allergic to", relation="allergic_to", type="Allergen"),
    "condition": Attribute("has the condition", relation="has_condition", type="Condition"),
    "medication": Attribute("takes", relation="takes", type="Medication"),
    "likes": Attribute("likes", relation="likes", type="Thing"),
    "dislikes": Attribute("dislikes", relation="dislikes", type="Thing"),
    "language": Attribute("speaks", relation="speaks", type="Language"),
    "hobby": Attribute("does as a hobby", relation="has_hobby", type="Activity"),
    "plan": Attribute("plans"),
    "appointment": Attribute("has the appointment"),
    "purchase": Attribute("bought", relation="owns", type="Thing"),
    "issue": Attribute("has the problem", relation="has_issue", type="Issue"),
    "solution": Attribute("was solved by", relation="solved_by", type="Solution"),
    "warranty": Attribute("has a warranty until"),
    "phone": Attribute("has the phone number", single=True),
    "email": Attribute("has the email address", single=True),
    "address": Attribute("has the address", single=True),
    "blood_type": Attribute("has the blood type", single=True),
    "height": Attribute("is as tall as", single=True),
    "weight": Attribute("weighs", single=True),
    "salary": Attribute("earns", single=True),
    "budget": Attribute("has the budget"),
    "timezone": Attribute("is in the time zone", single=True),
    "nationality": Attribute("is by nationality"),
    "religion": Attribute("is by religion"),
    "goal": Attribute("wants to reach"),
    "routine": Attribute("regularly does"),
    "skill": Attribute("can do"),
    "membership": Attribute("is a member of", relation="member_of", type="Organization"),
    "travel": Attribute("travelled to", relation="travelled_to", type="Place"),
    "event": Attribute("lived through"),
}

ALIASES: dict[str, str] = {
    alias: name
    for name, aliases in {
        "name": "full_name first_name called",
        "lives_in": "city location home home_city hometown_now residence town country place_of_residence living_in lives_at",
        "from": "origin hometown birthplace born_in place_of_birth birth_place home_town",
        "employer": "company works_at works_for workplace work_place organization organisation",
        "job_title": "job occupation profession role title position works_as career work",
        "studies": "major field_of_study subject degree course",
        "school": "university college alma_mater",
        "birthday": "birth_date birthdate date_of_birth dob born_on born",
        "marital_status": "married relationship_status civil_status",
        "spouse": "wife husband married_to",
        "partner": "girlfriend boyfriend fiance fiancee fiancé fiancée significant_other",
        "child": "children kid kids son sons daughter daughters",
        "parent": "parents mother father mom mum dad",
        "sibling": "siblings brother brothers sister sisters",
        "relative": "relatives aunt uncle cousin grandmother grandfather grandma grandpa niece nephew family",
        "friend": "friends best_friend buddy",
        "colleague": "colleagues coworker coworkers co_worker teammate",
        "boss": "manager supervisor",
        "doctor": "dentist therapist physician gp",
        "neighbor": "neighbour neighbors neighbours",
        "pet": "pets dog dogs cat cats puppy kitten pet_name",
        "bank": "banks bank_account banks_with",
        "owns": "has possession possessions owned",
        "device": "devices laptop phone_model computer tablet smartphone",
        "car": "cars vehicle drives",
        "diet": "dietary_preference dietary_restriction diet_type eats",
        "allergy": "allergies allergic_to allergic allergen allergens",
        "condition": "conditions illness disease diagnosis health_condition medical_condition",
        "medication": "medications medicine medicines meds takes",
        "likes": "like loves love enjoys preference preferences prefers interests interest",
        "dislikes": "dislike hates hate",
        "language": "languages speaks",
        "hobby": "hobbies pastime",
        "plan": "plans",
        "appointment": "appointments",
        "purchase": "purchases bought",
        "issue": "issues problem problems trouble has_issue",
        "solution": "solutions fix solved_by resolution",
        "warranty": "warranty_until warranty_end guarantee",
        "phone": "phone_number telephone mobile cell number cell_phone",
        "email": "e_mail email_address mail",
        "address": "home_address street_address postal_address",
        "blood_type": "blood_group bloodtype",
        "height": "tall",
        "salary": "income pay earns wage",
        "budget": "budgets",
        "timezone": "time_zone tz",
        "nationality": "citizenship",
        "religion": "faith",
        "goal": "goals aim dream",
        "routine": "routines habit habits",
        "skill": "skills instrument plays",
        "membership": "memberships member_of subscription subscriptions subscribes",
        "travel": "travels trip trips visited",
        "event": "events",
    }.items()
    for alias in aliases.split()
}

OPPOSITES: dict[str, str] = {"likes": "dislikes", "dislikes": "likes"}
"""Stating one ends the other for the same value: who dislikes olives no longer likes olives."""

_SEPARATORS = re.compile(r"[\s\-_]+")


_AMERICAN = {
    "colour": "color", "colours": "colors", "flavour": "flavor", "flavours": "flavors", "neighbourhood": "neighborhood", "theatre": "theater",
    "programme": "program", "jewellery": "jewelry", "grey": "gray", "doughnut": "donut", "yoghurt": "yogurt", "aeroplane": "airplane",
    "humour": "humor", "savoury": "savory", "odour": "odor",
}  # fmt: skip
"""One spelling for what people have favourites of, so that both lead to one slot."""


def canonical(attribute: str) -> str:
    """The one name of an attribute, from any alias and spelling ("City", "favourite food"); unknown names come back folded."""
    name = _SEPARATORS.sub("_", attribute.strip().casefold()).strip("_")
    if name.startswith(("favourite_", "favorite_")):
        thing = name.partition("_")[2]
        return "favorite_" + "_".join(_AMERICAN.get(word, word) for word in thing.split("_"))
    if name in ATTRIBUTES:
        return name
    return ALIASES.get(name, name)


def single_valued(attribute: str) -> bool:
    """Whether a new value takes the place of the old one."""
    name = canonical(attribute)
    return name.startswith("favorite_") or (name in ATTRIBUTES and ATTRIBUTES[name].single)


def label(attribute: str) -> str:
    """The words that join entity and value: "lives in", "is allergic to"; for a favourite "has as favorite colour"."""
    name = canonical(attribute)
    if name in ATTRIBUTES:
        return ATTRIBUTES[name].label
    words = name.replace("_", " ")
    return f"has as {words}" if name.startswith("favorite_") else f"has the {words}"
