"""The part of the ledger's suite about messages, memory versions and their history."""

# ruff: noqa: S101  (a suite asserts)

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from perdure.model.base import to_micros
from perdure.model.change import Change, Conflict
from perdure.model.graph import Entity, Relation, Slot
from perdure.model.message import ROLES, Message
from perdure.model.scope import Scope
from perdure.ports import Ledger
from perdure.testing.conformance.build import ADA, NOW, capture, fresh, keep, message_digest, owner_of, searching, statement

BOB = Scope(user_id="bob")
LATER = NOW + timedelta(hours=1)
AT = to_micros(NOW)

#: What a store must give back as it was given: any Unicode but lone surrogates, which capture replaces.
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)
METADATA = st.dictionaries(TEXTS, JSON, max_size=3)
TIMES = st.datetimes(min_value=NOW.replace(year=1900, tzinfo=None), max_value=NOW.replace(year=2200, tzinfo=None)).map(
    lambda t: t.replace(tzinfo=NOW.tzinfo)
)


class RowRules:
    """Messages, memories and changes; a part of `LedgerSuite`."""

    # ------------------------------------------------------------------ messages
    @searching
    @given(content=TEXTS, role=st.sampled_from(ROLES), name=st.none() | TEXTS, at=TIMES, metadata=METADATA)
    def test_a_message_comes_back_as_it_was_said(
        self, ledger: Ledger, content: str, role: str, name: str | None, at: object, metadata: dict[str, object]
    ) -> None:
        """Every character, the microsecond and all metadata survive."""
        message = Message(content, role, name, "", at, metadata)  # type: ignore[arg-type]
        scope = Scope(user_id=fresh("user"), session_id="s1")
        with ledger.transaction() as tx:
            (captured,) = capture(tx, scope, message, private=len(content) % 2 == 1)
        with ledger.snapshot() as snapshot:
            assert snapshot.messages([captured.doc]) == {captured.doc: captured}
            assert snapshot.episode_messages(captured.episode_id) == [captured]
            assert snapshot.message_called(owner_of(snapshot, scope), captured.message.id) == captured

    def test_a_redelivered_message_is_recognised(self, ledger: Ledger) -> None:
        """The same words under the same id, or at the same time when the caller gave one, in the same session and agent."""
        scope = Scope(user_id="ada", session_id="s1")
        with ledger.transaction() as tx:
            named, dated = capture(tx, scope, Message("I live in Delhi.", id="m1"), Message("I like tea."))
            (undated,) = capture(tx, scope, Message("ok"), dated=False)
            owner = owner_of(tx, scope)

            def again(message: Message, *, dated: bool = True, session: str | None = "s1", agent: str | None = None) -> object:
                digest = message_digest(message)
                return tx.redelivered(owner, message, digest, dated=dated, session_id=session, agent_id=agent)

            assert again(named.message) == named
            assert again(replace(named.message, timestamp=LATER)) == named
            assert again(replace(dated.message, id="")) == dated
            assert again(replace(named.message, content="I live in Goa.")) is None
            assert again(replace(dated.message, id="", timestamp=LATER)) is None
            assert again(replace(dated.message, id="", role="assistant")) is None
            assert again(replace(undated.message, id=""), dated=False) is None
            assert again(named.message, session="s2") is None
            assert again(named.message, agent="shop") is None

    def test_recent_messages_are_those_of_the_session(self, ledger: Ledger) -> None:
        """Oldest first, the last of them, of this session and no other agent's; `before` and `until` cut."""
        scope = Scope(user_id="ada", session_id="s1")
        with ledger.transaction() as tx:
            said = capture(tx, scope, *(Message(f"m{n}", timestamp=NOW + timedelta(minutes=n)) for n in range(5)))
            capture(tx, Scope(user_id="ada", session_id="s2"), "elsewhere")
            capture(tx, Scope(user_id="ada", agent_id="shop", session_id="s1"), Message("shop's", timestamp=LATER))
            owner = owner_of(tx, scope)
            mine = replace(scope, agent_id="home")
            assert tx.recent(owner, mine, limit=3) == said[2:]
            assert tx.recent(owner, mine, limit=9, before=said[2].doc) == said[:2]
            assert tx.recent(owner, mine, limit=9, until=to_micros(said[1].said_at)) == said[:2]
            assert [m.message.content for m in tx.recent(owner, scope, limit=1)] == ["shop's"]

    # ------------------------------------------------------------------ memories
    @searching
    @given(
        text=TEXTS, kind=st.sampled_from(["fact", "preference", "episodic", "procedural"]), at=TIMES, to=st.none() | TIMES,
        status=st.sampled_from(["live", "superseded", "retracted", "deleted"]), confidence=st.floats(0, 1), metadata=METADATA, name=TEXTS,
    )  # fmt: skip
    def test_a_memory_comes_back_as_it_was_kept(
        self, ledger: Ledger, text: str, kind: str, at: object, to: object, status: str, confidence: float,
        metadata: dict[str, object], name: str,
    ) -> None:  # fmt: skip
        """Text, times, claims, sources and metadata survive, whatever is in them."""
        uid = fresh("memory")
        record = statement(
            text, Scope(user_id=fresh("user"), agent_id="shop"), id=uid, kind=kind, valid_from=at, valid_to=to, expires_at=to,
            status=status, confidence=confidence, metadata=metadata, subject=name, entities=(Entity(name, "Place", (text,)),),
            relations=(Relation(name, "near", text, None, to, uid),),  # type: ignore[arg-type]
            slots=(Slot(name, "lives_in", text, at, None, uid),),  # type: ignore[arg-type]
        )  # fmt: skip
        with ledger.transaction() as tx:
            record = keep(tx, record)
        with ledger.snapshot() as snapshot:
            assert snapshot.current(uid) == record
            assert snapshot.texts([record.doc]) == {record.doc: record}
            assert snapshot.owner_of(uid) == snapshot.owner(record.scope)

    def test_a_new_version_retires_the_one_before(self, ledger: Ledger) -> None:
        """At the instant it was recorded; the old one is kept as it was, and both times can be asked for."""
        with ledger.transaction() as tx:
            old = keep(tx, statement("Ada lives in Delhi."))
            new = keep(tx, replace(old, text="Ada lives in Bangalore.", version=2, recorded_at=LATER, doc=0))
            owner = owner_of(tx, ADA)
        retired = replace(old, retired_at=LATER)
        with ledger.snapshot() as snapshot:
            assert snapshot.all_versions(old.id) == [retired, new]
            assert snapshot.current(old.id) == new
            assert snapshot.current_versions(owner) == [new]
            assert snapshot.known_versions(owner, AT) == [retired]
            assert snapshot.known_versions(owner, to_micros(LATER)) == [new]
            assert snapshot.known_versions(owner, AT - 1) == []

    def test_versions_are_found_by_number_in_any_amount(self, ledger: Ledger) -> None:
        """Also by more numbers than one statement of a database takes."""
        with ledger.transaction() as tx:
            (message,) = capture(tx, ADA, "I live in Delhi.")
            record = keep(tx, statement())
            number = tx.number(record)
            assert number is not None
            many = [number, *range(number + 1, number + 70_000)]
            assert tx.versions(many) == {number: record}
            assert tx.messages([message.doc, *many[1:]]) == {message.doc: message}
            assert tx.versions([]) == {}
            assert tx.number(replace(record, version=9)) is None

    def test_memories_that_say_the_same_are_found(self, ledger: Ledger) -> None:
        """Whatever their case, spacing and punctuation; live ones of this owner alone."""
        with ledger.transaction() as tx:
            record = keep(tx, statement("Ada lives in Delhi."))
            keep(tx, statement("Ada lives in Delhi.", BOB))
            gone = keep(tx, statement("Ada likes tea.", status="deleted"))
            owner = owner_of(tx, ADA)
            assert tx.by_digest(owner, " ada  lives in DELHI ") == [record]
            assert tx.by_digest(owner, "Ada lives in Goa.") == []
            assert tx.by_digest(owner, gone.text) == []

    def test_a_message_leads_to_its_memories(self, ledger: Ledger) -> None:
        """To their current versions, also when only an earlier version quoted it."""
        with ledger.transaction() as tx:
            (message,) = capture(tx, Scope(user_id="ada", session_id="s1"), "I live in Delhi.")
            record = keep(tx, statement(), drawn_from=[(message, 100)])
            new = keep(tx, replace(record, version=2, recorded_at=LATER, sources=statement().sources))
            other = keep(tx, statement("Ada likes tea."))
            owner = owner_of(tx, ADA)
            assert tx.by_message(message.doc) == [new]
            assert tx.touched_memories(owner, agent_id=None, session_id="s1") == [new]
            assert tx.touched_memories(owner, agent_id=None, session_id=None) == [new, other]
            assert tx.carried_messages(owner, agent_id=None, session_id="s1") == [message]
            assert tx.carried_messages(owner, agent_id="shop", session_id="s1") == []

    # ------------------------------------------------------------------ history
    def test_changes_are_found_by_what_they_are_about(self, ledger: Ledger) -> None:
        """By memory, owner, job, cause, undone change and time; oldest first, with both versions."""
        with ledger.transaction() as tx:
            owner = tx.ensure_owner(ADA)
            old = keep(tx, statement())
            new = keep(tx, replace(old, version=2, status="superseded", recorded_at=LATER))
            before, after = tx.number(old), tx.number(new)
            added = Change("c1", "add", old.id, None, old, "said so", "rules", NOW)
            ended = Change("c2", "supersede", old.id, old, new, "moved", "rules", LATER, cause="c1", undoes="c0")
            tx.put_change(added, owner, before=None, after=before, job="j1")
            tx.put_change(ended, owner, before=before, after=after)
        retired = replace(old, retired_at=LATER)
        first, second = replace(added, after=retired), replace(ended, before=retired)
        with ledger.snapshot() as snapshot:
            assert snapshot.changes(memory_id=old.id) == [first, second]
            assert snapshot.changes(owner=owner, since=AT) == [second]
            assert snapshot.changes(owner=owner, until=AT) == [first]
            assert snapshot.changes(job="j1") == snapshot.changes(change_id="c1") == [first]
            assert snapshot.changes(cause="c1") == snapshot.changes(undoes="c0") == [second]
            assert snapshot.changes(memory_id="nothing") == []
            assert snapshot.has_history(old.id)
            assert not snapshot.has_history("nothing")

    def test_a_settled_conflict_leaves_the_inbox(self, ledger: Ledger) -> None:
        """And is still there for who asks for settled ones."""
        conflict = Conflict("x1", "a", "b", "two birthdays", NOW)
        with ledger.transaction() as tx:
            owner = tx.ensure_owner(ADA)
            tx.put_conflict(conflict, owner)
            assert tx.conflicts(owner=owner) == [conflict]
            tx.settle("x1", to_micros(LATER))
            assert tx.conflicts(owner=owner) == []
            assert tx.conflicts(conflict_id="x1", settled=True) == [replace(conflict, settled_at=LATER)]
