"""Which stores a memory lives in, by kind, term and shape."""

from __future__ import annotations

from dataclasses import replace

import pytest
from stage_parts import days, record

from perdure.model.graph import Entity, Relation, Slot
from perdure.stages.route import route

SLOT, EDGE, ENTITY = Slot("user", "lives_in", "Goa"), Relation("user", "lives_in", "Goa"), Entity("Goa", "Place")
EVERY = {"ledger", "vector", "text"}

#: a memory's shape | the stores | what one of the reasons says
ROUTES = {
    "words alone": ({}, EVERY, "by its words"),
    "a slot": ({"slots": (SLOT,)}, EVERY | {"slots"}, "(user, lives_in) → Goa"),
    "a slot that has ended": ({"slots": (Slot("user", "lives_in", "Goa", valid_to=days(-1)),)}, EVERY | {"slots"}, "(ended)"),
    "a relation": ({"relations": (EDGE,), "entities": (ENTITY,)}, EVERY | {"graph"}, "1 relation, 1 entity"),
    "entities alone": ({"entities": (ENTITY, Entity("Ada"))}, EVERY | {"graph"}, "0 relations, 2 entities"),
    "short-term": ({"term": "short_term", "expires_at": days(1)}, EVERY | {"slots"}, "until 2026-03-03 12:00"),
    "superseded": ({"status": "superseded", "slots": (SLOT,)}, EVERY | {"slots"}, "Goa"),
    "deleted": ({"status": "deleted", "slots": (SLOT,), "relations": (EDGE,)}, {"ledger"}, "history"),
    "retracted": ({"status": "retracted"}, {"ledger"}, "history"),
}


@pytest.mark.parametrize("case", ROUTES)
def test_shape_decides_the_stores(case):
    shape, stores, reason = ROUTES[case]
    found = route(replace(record("I live in Goa."), **shape))
    assert set(found) == stores
    assert reason in " | ".join(found.values())


def test_explain_names_the_stores_where_a_memory_really_is(plain_memory):
    (kept,) = plain_memory.add("I live in Goa.", user_id="ada").memories
    told = plain_memory.explain(kept.id).stores
    stores = plain_memory._stores
    with stores.ledger.snapshot() as snapshot:
        owner = snapshot.owner(kept.scope)
        there = {"ledger"}
        there |= {"vector"} if kept.doc in stores.vector.docs(snapshot, owner) else set()
        there |= {"text"} if kept.doc in stores.text.docs(snapshot, owner) else set()
        there |= {name for name in ("graph", "slots") if getattr(stores, name).rows(snapshot, owner)}
    assert set(told) == there
