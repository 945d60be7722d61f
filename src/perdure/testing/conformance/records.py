"""The suites of the `GraphIndex` and `SlotIndex` ports: what memories claim, and nothing that they do not."""

# ruff: noqa: S101  (a suite asserts)

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, Generic, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perdure.model.base import to_micros
from perdure.model.graph import SELF, Entity, Relation, Slot
from perdure.model.memory import MemoryRecord
from perdure.model.scope import Scope
from perdure.ports import FindsNames, GraphIndex, Ledger, RecordIndex, SlotIndex
from perdure.testing.conformance.build import ADA, NOW, fresh, keep, owner_of, searching, statement

BOB = Scope(user_id="bob")
LATER = NOW + timedelta(hours=1)
AT = to_micros(NOW)
I = TypeVar("I", bound=RecordIndex)  # noqa: E741  (the index)

_NAMES = st.sampled_from(["user", "Ada", "ada ", "Emma", "Delhi", "the Dell XPS", "日本", "", "😀"])
_TIMES = st.none() | st.integers(-2, 2).map(lambda h: NOW + timedelta(hours=h))
CLAIMS = st.fixed_dictionaries(
    {
        "entities": st.lists(
            st.builds(Entity, _NAMES, st.sampled_from(["Thing", "Place"]), st.lists(_NAMES, max_size=2).map(tuple)), max_size=3
        ),
        "relations": st.lists(st.builds(Relation, _NAMES, st.sampled_from(["owns", "near"]), _NAMES, _TIMES, _TIMES), max_size=3),
        "slots": st.lists(st.builds(Slot, _NAMES, st.sampled_from(["lives_in", "likes"]), _NAMES, _TIMES, _TIMES), max_size=3),
        "status": st.sampled_from(["live", "superseded", "retracted", "deleted"]),
        "valid_to": _TIMES,
    }
).map(lambda d: {k: tuple(v) if isinstance(v, list) else v for k, v in d.items()})  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]


class RecordLibrary(Generic[I]):
    """A ledger with an index of what memories claim."""

    def __init__(self, ledger: Ledger, index: I) -> None:
        self.ledger, self.index = ledger, index

    def keep(self, record: MemoryRecord) -> MemoryRecord:
        """Writes a version and tells the index."""
        with self.ledger.transaction() as tx:
            record = keep(tx, record)
            self.index.put(tx, owner_of(tx, record.scope), record)
        return record

    def drift(self, scope: Scope = ADA) -> set[Any]:
        """Rows that are missing or too many, held against the ledger's current versions."""
        with self.ledger.snapshot() as snapshot:
            owner = owner_of(snapshot, scope)
            return self.index.rows(snapshot, owner) ^ self.index.expected(owner, snapshot.current_versions(owner))

    def rows(self, scope: Scope = ADA) -> int:
        """How many rows there are."""
        with self.ledger.snapshot() as snapshot:
            return len(self.index.rows(snapshot, owner_of(snapshot, scope)))

    def remove(self, *ids: str) -> int:
        """Removes what memories contributed."""
        with self.ledger.transaction() as tx:
            return self.index.remove(tx, list(ids))


class RecordRules(Generic[I]):
    """What holds for both; a part of `GraphIndexSuite` and `SlotIndexSuite`."""

    @pytest.fixture
    def open_index(self) -> Callable[[], tuple[Ledger, I]]:
        """Opens the store under test."""
        raise NotImplementedError("give the suite a fixture open_index")

    @pytest.fixture
    def library(self, open_index: Callable[[], tuple[Ledger, I]]) -> RecordLibrary[I]:
        """The store with the writes and reads the rules are written in."""
        return RecordLibrary(*open_index())

    @searching
    @given(history=st.lists(st.tuples(st.integers(0, 2), CLAIMS), min_size=1, max_size=8))
    def test_any_history_ends_in_the_expected_rows(self, library: RecordLibrary[I], history: list[tuple[int, dict[str, Any]]]) -> None:
        """Whatever memories claimed on the way, the rows are those that the current versions call for: no more, no fewer."""
        scope = Scope(user_id=fresh("user"))
        memories: dict[int, MemoryRecord] = {}
        for n, claims in history:
            before = memories.get(n)
            record = statement(scope=scope) if before is None else replace(before, version=before.version + 1, recorded_at=NOW)
            memories[n] = library.keep(replace(record, **claims))
            assert library.drift(scope) == set()

    def test_a_hidden_memory_claims_nothing(self, library: RecordLibrary[I]) -> None:
        """Retracted and deleted ones lose their rows; a live one of the same owner keeps its own."""
        record = library.keep(replace(_claiming("Delhi"), scope=ADA))
        other = library.keep(replace(_claiming("Goa"), scope=ADA))
        full = library.rows()
        for status in ("deleted", "retracted"):
            record = library.keep(replace(record, version=record.version + 1, status=status))
            assert library.rows() == full // 2
        library.keep(replace(record, version=record.version + 1, status="live"))
        assert library.rows() == full
        assert library.remove(other.id) == full // 2

    def test_removal_leaves_nothing(self, library: RecordLibrary[I]) -> None:
        """It says how many rows went, and a second time none."""
        record = library.keep(_claiming("Delhi"))
        rows = library.rows()
        assert rows > 0
        assert library.remove(record.id) == rows
        assert library.rows() == 0
        assert library.remove(record.id, "nothing") == 0

    def test_a_removed_owner_is_gone_and_no_other(self, library: RecordLibrary[I]) -> None:
        """All rows of one, none of the other."""
        library.keep(_claiming("Delhi"))
        library.keep(replace(_claiming("Delhi"), scope=BOB))
        rows = library.rows(BOB)
        with library.ledger.transaction() as tx:
            assert library.index.remove_owner(tx, owner_of(tx, ADA)) == rows
        assert (library.rows(ADA), library.rows(BOB)) == (0, rows)

    def test_writes_elsewhere_are_seen(self, library: RecordLibrary[I], open_index: Callable[[], tuple[Ledger, I]]) -> None:
        """Another opening of the same store reads the same rows."""
        other = RecordLibrary(*open_index())
        library.keep(_claiming("Delhi"))
        assert other.rows() == library.rows() > 0
        assert other.drift() == set()


class GraphIndexSuite(RecordRules[GraphIndex]):
    """Subclass it and give the fixture `open_index`: opens one and the same store, empty at first, as (ledger, index) each time."""

    def test_an_edge_is_found_from_both_ends(self, library: RecordLibrary[GraphIndex]) -> None:
        """With the memory that proves it, its document and its times; and from no other entity or owner."""
        record = library.keep(_claiming("Delhi", valid_to=LATER))
        library.keep(replace(_claiming("Delhi"), scope=BOB, relations=()))
        edge = ("user", "lives_in", "delhi", record.doc, record.id, AT, to_micros(LATER))
        with library.ledger.snapshot() as snapshot:
            ada, bob = owner_of(snapshot, ADA), owner_of(snapshot, BOB)
            assert [tuple(e) for e in library.index.edges(snapshot, ada, "user")] == [edge]
            assert [tuple(e) for e in library.index.edges(snapshot, ada, "delhi")] == [edge]
            assert list(library.index.edges(snapshot, ada, "emma")) == []
            assert list(library.index.edges(snapshot, bob, "user")) == []

    def test_an_edge_to_itself_is_found_once(self, library: RecordLibrary[GraphIndex]) -> None:
        """And a relation stated twice in one memory is one edge."""
        loop = Relation("Ada", "knows", "ada")
        library.keep(statement(relations=(loop, loop)))
        with library.ledger.snapshot() as snapshot:
            assert len(library.index.edges(snapshot, owner_of(snapshot, ADA), "ada")) == 1

    def test_an_edge_has_its_own_times_or_its_memorys(self, library: RecordLibrary[GraphIndex]) -> None:
        """What the relation says goes before what the memory says."""
        own = Relation("user", "owns", "car", LATER, LATER + timedelta(hours=1))
        library.keep(statement(relations=(own, Relation("user", "owns", "bike")), valid_to=LATER))
        with library.ledger.snapshot() as snapshot:
            edges = {e[2]: e[5:] for e in library.index.edges(snapshot, owner_of(snapshot, ADA), "user")}
        assert edges == {"car": (to_micros(LATER), to_micros(LATER) + 3_600_000_000), "bike": (AT, to_micros(LATER))}

    def test_newest_edges_and_mentions_come_first(self, library: RecordLibrary[GraphIndex]) -> None:
        """In order of document, the latest first; each document once."""
        docs = [library.keep(_claiming(place)).doc for place in ("Delhi", "Goa", "Pune")]
        with library.ledger.snapshot() as snapshot:
            owner = owner_of(snapshot, ADA)
            assert [e[3] for e in library.index.edges(snapshot, owner, "user")] == docs[::-1]
            assert library.index.mentions(snapshot, owner, "ada") == docs[::-1]
            assert library.index.mentions(snapshot, owner, "goa") == [docs[1]]
            assert library.index.mentions(snapshot, owner, "nowhere") == []

    def test_an_entity_is_known_by_its_aliases(self, library: RecordLibrary[GraphIndex]) -> None:
        """Under each alias's key, with its own name and the most telling type."""
        library.keep(statement(entities=(Entity("Dell XPS", "Thing"),)))
        record = library.keep(statement(entities=(Entity("Dell XPS", "Device", ("my laptop", "the XPS")),)))
        with library.ledger.snapshot() as snapshot:
            owner = owner_of(snapshot, ADA)
            found = library.index.entities(snapshot, owner, ["dell xps", "laptop", "unknown"])
            assert set(found) == {"dell xps", "laptop"}
            assert found["dell xps"][:2] == ("Dell XPS", "Device")
            assert found["laptop"][0] == "Dell XPS"
            assert library.index.mentions(snapshot, owner, "laptop") == [record.doc]

    def test_names_lead_to_entities(self, library: RecordLibrary[GraphIndex]) -> None:
        """The ledger's `names` knows what the index mentions, by name and alias, of this owner alone, and follows removals."""
        record = library.keep(statement(entities=(Entity("Emma", "Person", ("Emmy",)),)))
        library.keep(statement("x", BOB, entities=(Entity("Bruno", "Pet"),)))
        with library.ledger.snapshot() as snapshot:
            names = snapshot.names(owner_of(snapshot, ADA))
            assert (names.get("emma"), names.get("emmy"), names.get("bruno"), names.get("ada")) == ("Emma", "Emma", None, SELF)
        library.keep(replace(record, version=2, status="deleted"))
        with library.ledger.snapshot() as snapshot:
            assert "emma" not in snapshot.names(owner_of(snapshot, ADA))

    def test_who_goes_by_a_name_can_be_told(self, library: RecordLibrary[GraphIndex]) -> None:
        """`FindsNames`: by own name and alias, by the first word of a longer name; of this owner alone, and not what was deleted."""
        index = _finding(library)
        emma = library.keep(statement(entities=(Entity("Emma Stone", "Person", ("Emmy", "Emma Miller")),)))
        other = library.keep(statement(entities=(Entity("Emmy", "Pet"),)))
        library.keep(statement("x", BOB, entities=(Entity("Emma Reed", "Person"),)))
        library.keep(statement(entities=(Entity("Emma Gone", "Person"),), status="deleted"))
        with library.ledger.snapshot() as snapshot:
            owner = owner_of(snapshot, ADA)
            assert index.called(snapshot, owner, ["emmy", "nobody"]) == [
                ("emmy", "Emmy", "Pet", 0, other.doc), ("emmy", "Emma Stone", "Person", 1, emma.doc),
            ]  # fmt: skip
            assert {(key, name) for key, name, *_ in index.beginning(snapshot, owner, "emma")} == {
                ("emma miller", "Emma Stone"), ("emma stone", "Emma Stone"),
            }  # fmt: skip
            assert index.beginning(snapshot, owner, "emm") == []
            assert {(key, alias) for key, _, _, alias, _ in index.every(snapshot, owner)} == {
                ("emma stone", 0), ("emma miller", 1), ("emmy", 1), ("emmy", 0),
            }  # fmt: skip

    def test_what_claims_something_of_an_entity_can_be_told(self, library: RecordLibrary[GraphIndex]) -> None:
        """`FindsNames`: every memory that mentions it or states a relation of it, oldest first; and whether two are joined."""
        index = _finding(library)
        first = library.keep(statement(relations=(Relation("Tom", "knows", "Emma"),)))
        second = library.keep(statement(entities=(Entity("Emma", "Person"),)))
        library.keep(statement(entities=(Entity("Tom", "Person"),)))
        with library.ledger.snapshot() as snapshot:
            owner = owner_of(snapshot, ADA)
            assert index.claiming(snapshot, owner, "emma") == [first.id, second.id]
            assert index.joined(snapshot, owner, "emma", "tom")
            assert not index.joined(snapshot, owner, "emma", "user")


class SlotIndexSuite(RecordRules[SlotIndex]):
    """Subclass it and give the fixture `open_index`: opens one and the same store, empty at first, as (ledger, index) each time."""

    def test_a_slot_is_found_by_entity_and_attribute(self, library: RecordLibrary[SlotIndex]) -> None:
        """By name or key, one attribute or all; of this entity and owner alone."""
        record = library.keep(statement(slots=(Slot("The Emma", "lives_in", "Goa "), Slot("Emma", "likes", "Tea"))))
        library.keep(statement("x", BOB, slots=(Slot("Emma", "lives_in", "Pune"),)))
        with library.ledger.snapshot() as snapshot:
            owner = owner_of(snapshot, ADA)
            assert _held(library, snapshot, owner, "Emma", "lives_in") == [("lives_in", record.doc, "goa")]
            assert _held(library, snapshot, owner, "emma", "lives_in") == [("lives_in", record.doc, "goa")]
            assert set(_held(library, snapshot, owner, "EMMA")) == {("lives_in", record.doc, "goa"), ("likes", record.doc, "tea")}
            assert _held(library, snapshot, owner, "Emma", "age") == []
            assert _held(library, snapshot, owner, "Ada") == []

    def test_a_slot_holds_from_its_start_until_its_end(self, library: RecordLibrary[SlotIndex]) -> None:
        """From the first instant, not at the last; its own times before its memory's, and the earlier end counts."""
        slot = Slot("user", "lives_in", "Delhi", LATER, LATER + timedelta(hours=2))
        library.keep(statement(slots=(slot,), valid_to=LATER + timedelta(hours=1)))
        with library.ledger.snapshot() as snapshot:
            owner = owner_of(snapshot, ADA)
            hour, start = 3_600_000_000, to_micros(LATER)
            held = [at for at in (AT, start - 1, start, start + hour - 1, start + hour, start + 2 * hour)
                    if _held(library, snapshot, owner, "user", "lives_in", at=at)]  # fmt: skip
            assert held == [start, start + hour - 1]
            assert _held(library, snapshot, owner, "user", "lives_in") != []

    def test_the_newest_slot_comes_first(self, library: RecordLibrary[SlotIndex]) -> None:
        """By when it began to hold, then by document."""
        days = [NOW - timedelta(days=d) for d in (3, 1, 2, 1)]
        docs = [library.keep(statement(slots=(Slot("user", "likes", f"thing {n}", at),))).doc for n, at in enumerate(days)]
        with library.ledger.snapshot() as snapshot:
            found = [doc for _, doc, _ in _held(library, snapshot, owner_of(snapshot, ADA), "user", "likes", at=AT)]
        assert found == [docs[3], docs[1], docs[2], docs[0]]

    def test_a_new_version_takes_the_slots_over(self, library: RecordLibrary[SlotIndex]) -> None:
        """What the version before held is not found any more."""
        old = library.keep(statement(slots=(Slot("user", "lives_in", "Delhi"), Slot("user", "likes", "Delhi"))))
        new = library.keep(replace(old, version=2, doc=0, slots=(Slot("user", "lives_in", "Bangalore"),)))
        with library.ledger.snapshot() as snapshot:
            assert _held(library, snapshot, owner_of(snapshot, ADA), "user") == [("lives_in", new.doc, "bangalore")]

    def test_short_term_memories_belong_to_their_session(self, library: RecordLibrary[SlotIndex]) -> None:
        """Newest first, until the instant they expire; neither another session's nor long-term ones."""
        scope = replace(ADA, session_id="s1")
        first, second = (library.keep(statement(scope=scope, term="short_term", expires_at=LATER)).doc for _ in range(2))
        library.keep(statement(scope=replace(ADA, session_id="s2"), term="short_term"))
        library.keep(statement(scope=scope))
        with library.ledger.snapshot() as snapshot:
            owner = owner_of(snapshot, ADA)
            assert library.index.short_term(snapshot, owner, "s1", at=AT) == [second, first]
            assert library.index.short_term(snapshot, owner, "s1", at=to_micros(LATER)) == []
            assert library.index.short_term(snapshot, owner, "s3", at=AT) == []

    def test_open_slots_lead_to_live_memories(self, library: RecordLibrary[SlotIndex]) -> None:
        """The ledger's `open_slots` gives current live memories whose slot has not ended."""
        open_one = library.keep(statement(slots=(Slot("user", "lives_in", "Delhi"),)))
        library.keep(statement(slots=(Slot("user", "lives_in", "Goa", None, NOW),)))
        library.keep(statement(slots=(Slot("user", "lives_in", "Pune"),), status="deleted"))
        with library.ledger.snapshot() as snapshot:
            owner = owner_of(snapshot, ADA)
            assert snapshot.open_slots(owner, "user", "lives_in") == [
                replace(open_one, slots=tuple(replace(s, memory_id=open_one.id) for s in open_one.slots))
            ]
            assert snapshot.open_slots(owner, "user", "likes") == []


def _finding(library: RecordLibrary[GraphIndex]) -> FindsNames:
    """The index as one that finds names; an index need not be."""
    if not isinstance(library.index, FindsNames):
        pytest.skip("this index does not tell who goes by a name")
    return library.index


def _claiming(place: str, **fields: Any) -> MemoryRecord:
    """A memory with an entity, a relation and slots."""
    return statement(
        f"Ada lives in {place}.", entities=(Entity("Ada", "Person"), Entity(place, "Place")),
        relations=(Relation("user", "lives_in", place),), slots=(Slot("user", "lives_in", place), Slot("Ada", "likes", place)), **fields,
    )  # fmt: skip


def _held(library: RecordLibrary[SlotIndex], snapshot: Any, owner: int, *what: str, at: int | None = None) -> list[tuple[str, int, str]]:
    return [(attribute, doc, value) for attribute, doc, value in library.index.look_up(snapshot, owner, *what, at=at)]
