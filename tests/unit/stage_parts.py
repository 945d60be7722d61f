"""What the tests of the stages are built from: small records, an owner's columns, scripted extractions. No test is in here."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
from hypothesis import HealthCheck, settings

from perdure.adapters.ledger.columns import FAR, Columns
from perdure.model.base import to_micros
from perdure.model.memory import MemoryRecord, Source
from perdure.model.message import CapturedMessage, Message
from perdure.model.scope import Scope
from perdure.model.search import View
from perdure.ports import Found
from perdure.stages.retrieve import Part

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
ADA = Scope(user_id="ada")
#: Index terms of a message that is neither long nor too brief to say anything.
WORDS = 8

#: Pure stages: enough examples to find what breaks, few enough to be run on every save.
quick = settings(max_examples=60, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])


def days(n):
    """`n` days after `NOW`; negative for before."""
    return NOW + timedelta(days=n)


def captured(content, *, doc=1, at=NOW, role="user", name=None, scope=ADA, private=False):
    """A message as the ledger would give it."""
    return CapturedMessage(Message(content, role, name, f"m{doc}", at), doc, "e1", scope, at, private)


def record(text, *slots, at=NOW, role="user", uid="known", doc=100, scope=ADA, **fields):
    """A memory that is known, proven by one message said at `at`."""
    source = Source("m0", text, role, at, role, 0, len(text), doc=doc + 1000)
    made = {
        "kind": "fact",
        "term": "long_term",
        "sources": (source,),
        "valid_from": at,
        "recorded_at": at,
        "slots": tuple(slots),
        "doc": doc,
    }
    return MemoryRecord(id=uid, text=text, scope=scope, **(made | fields))


# ---------------------------------------------------------------------- an owner's columns, as search sees them
def columns(messages=(), memories=()):
    """Real columns. Messages: dicts of doc and optionally at, session, role, asks, words. Memories: dicts of doc and optionally at, to,
    status, kind, drawn ("doc:percent …"), weight."""
    made = Columns(1, "user", 0)
    made.fill(
        [
            (
                m["doc"], to_micros(m.get("at", NOW)), to_micros(NOW), None, m.get("session"), False, "user", m.get("words", WORDS),
                m.get("role", "user"), m.get("asks", 0),
            )
            for m in messages
        ],
        [
            (
                n, m["doc"], to_micros(m.get("at", NOW)), to_micros(m.get("at", NOW)), None if m.get("to") is None else to_micros(m["to"]),
                to_micros(NOW), None, None, m.get("status", "live"), m.get("kind", "fact"), None, None, False, "user", WORDS,
                m.get("drawn", ""), m.get("weight", 1.0),
            )
            for n, m in enumerate(memories, 1)
        ],
    )  # fmt: skip
    assert (made.row_times("retired") == FAR).all()
    return made


def part(cols, **channels):
    """What a search found: for each channel a mapping from document to raw score."""
    selection = cols.select(View(scope=ADA, now=NOW))
    found = {}
    for name, scores in channels.items():
        docs = sorted(scores, key=lambda d: (-scores[d], d))
        found[name] = Found(np.array(docs, dtype=np.int64), np.array([scores[d] for d in docs], dtype=np.float32))
    return Part(selection, found)


# ---------------------------------------------------------------------- what a model answers
def said(text, **fields):
    """One memory of a model's answer, quoting all of the one message."""
    return {
        "text": text, "quote": text, "message": 0, "kind": "fact", "term": "long_term", "valid_from": None, "valid_to": None,
        "expires_at": None, "confidence": 0.9, "slots": [], "ended": [], "replaces": [], "explicit": False, "correction": False,
    } | fields  # fmt: skip


def answer(*memories):
    """A model's whole answer."""
    return {"memories": list(memories), "entities": [], "relations": [], "private": []}


def bytes_on_disk(path):
    """Every byte of a ledger: the file, its write-ahead log and what else stands beside it under its name."""
    return b"".join(f.read_bytes() for f in sorted(path.parent.glob(f"{path.name}*")))
