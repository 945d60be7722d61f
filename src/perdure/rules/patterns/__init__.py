"""The pattern tables by domain, joined and indexed by the word a predicate begins with."""

from __future__ import annotations

from functools import cache

from perdure.rules.patterns import health, people, places, plans, tastes, things, work
from perdure.rules.patterns.base import NounRule, Rule, forms

_MODULES = (people, places, work, health, tastes, plans, things)


@cache
def rules_by_head() -> dict[str, tuple[Rule, ...]]:
    """Every rule under each word a predicate may begin with to match it; order within a word is the tables' order."""
    index: dict[str, list[Rule]] = {}
    for module in _MODULES:
        for rule in module.RULES:
            for head in rule.heads.split():
                for form in [head[1:]] if head.startswith("=") else forms(head):
                    bucket = index.setdefault(form, [])
                    if rule not in bucket:
                        bucket.append(rule)
    return {head: tuple(rules) for head, rules in index.items()}


@cache
def noun_rules() -> tuple[NounRule, ...]:
    """Every "my <noun> is <value>" rule, in order."""
    return tuple(rule for module in _MODULES for rule in module.NOUNS)


@cache
def verb_forms() -> dict[str, str]:
    """Form → tense, for every verb of the tables and the common verbs besides."""
    table: dict[str, str] = {}
    for module in _MODULES:
        for rule in module.RULES:
            for head in rule.heads.split():
                if not head.startswith("="):
                    table.update(forms(head))
    for verb in _COMMON_VERBS.split():
        for form, tense in forms(verb).items():
            table.setdefault(form, tense)
    for form in (
        "got",
        "met",
        "read",
        "left",
        "had",
        "bought",
        "sold",
        "made",
        "found",
        "lost",
        "met",
        "spent",
        "taught",
        "paid",
        "kept",
        "won",
        "led",
        "built",
        "felt",
        "put",
    ):
        table[form] = "past"
    return table


_COMMON_VERBS = (
    "go visit see do make feel need miss attend watch read write teach learn run walk swim ride climb hike volunteer help meet call cook bake paint build win lose finish start stop try come pay spend "
    "fly travel stay sleep wake exercise meditate sing dance hear know wear bring celebrate raise host organize pass fail apply celebrate plant adopt sign donate perform commute camp ski surf garden "
    "drink eat use break hurt recover injure sprain tear carry find choose throw hold sit put set cut let say tell think draw knit sew jog work live talk listen discover create publish"
)
