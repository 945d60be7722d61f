"""doctor: what is said twice, out of date, cut off or behind; what is in order is not reported."""

from __future__ import annotations

from dataclasses import replace

import pytest
from stage_parts import NOW, answer, days, record, said

from perdure import Memory
from perdure.errors import InputError, LLMUnavailableError
from perdure.model.graph import Entity, Relation, Slot
from perdure.model.scope import Scope
from perdure.stages.symptoms import duplicates, stale, unmentioned
from perdure.testing import EchoLLM, FlakyLLM

ADA = {"user_id": "ada"}
CELLO = "Ada has been learning the cello with Mrs. Novak since last summer."


def troubles(m, **scope):
    """What is not in order: check to finding, of the worst level."""
    found = sorted(m.doctor(**scope).findings, key=lambda f: f.level)
    return {f.check: f for f in found if f.level != "ok"}


def keep(m, text, **more):
    return m.remember(text, **(ADA | more)).memories[0].id


# --- in order
def test_an_ordinary_life_gives_nothing_to_do(memory, clock):
    memory.add(["I live in Delhi.", "My sister Priya is a nurse in Leeds.", "I am allergic to peanuts and to cats."], **ADA)
    clock.advance(days=30)
    memory.add(["I moved to Bangalore.", "I also bought a red bicycle.", "Where should I eat tonight?"], **ADA)
    memory.add("I live in Delhi.", user_id="bob")
    diagnosis = memory.doctor()
    assert troubles(memory) == {}
    assert diagnosis.ok
    assert diagnosis.complete
    assert {f.check for f in diagnosis.findings} == {"indexes", "orphans", "lag", "jobs", "conflicts", "duplicates", "stale"}
    assert (diagnosis.looked_at["messages"], diagnosis.looked_at["owners"]) == (7, 2)


def test_a_scope_that_holds_nothing_is_said_to(plain_memory):
    keep(plain_memory, "Ada keeps bees.")
    (finding,) = plain_memory.doctor(user_id="adda").findings
    assert (finding.level, finding.what) == ("note", "Nothing is kept of this scope.")


def test_the_limit_is_checked(plain_memory):
    with pytest.raises(InputError, match="limit"):
        plain_memory.doctor(limit=0)


# --- said twice
def test_the_same_statement_under_two_kinds_is_one_too_many(plain_memory):
    first, second = keep(plain_memory, "Ada is vegetarian.", kind="preference"), keep(plain_memory, "ada is vegetarian!")
    found = troubles(plain_memory, **ADA)["duplicates"]
    assert (found.level, found.count) == ("note", 1)
    assert found.examples[0].ids == (first, second)  # the older stays
    assert found.examples[0].do == f"perdure delete {second}"
    plain_memory.delete(second)
    assert troubles(plain_memory, **ADA) == {}


def test_a_statement_in_other_words_is_seen_by_its_meaning(memory):
    first = keep(memory, CELLO)
    second = keep(memory, "Ada keeps bees.")
    memory.update(second, text="Ada has been learning to play the cello with Mrs. Novak since last summer.")
    assert set(troubles(memory, **ADA)["duplicates"].examples[0].ids) == {first, second}


@pytest.mark.parametrize(
    "other",
    [
        "Ada has been learning the cello with Mrs. Brown since last summer.",
        "Ada has not been learning the cello with Mrs. Novak since last summer.",
        "Ada has been learning the cello with 2 of Mrs. Novak since last summer.",
        "Ada plays tennis.",
    ],
)
def test_what_says_something_else_is_no_duplicate(memory, other):
    keep(memory, CELLO)
    memory.update(keep(memory, "Ada keeps bees."), text=other)
    assert troubles(memory, **ADA) == {}


def test_what_is_read_in_different_places_is_no_duplicate(plain_memory):
    for scope in ({"user_id": "ada"}, {"user_id": "bob"}, {"user_id": "cyd", "agent_id": "one"}, {"user_id": "cyd", "agent_id": "two"}):
        plain_memory.remember("Tea at five.", **scope)
    for session in ("s1", "s2"):
        plain_memory.remember("Be brief.", user_id="dan", session_id=session, term="short_term")
    assert troubles(plain_memory) == {}


def test_two_walks_are_two_events_and_one_walk_is_one():
    walks = [record("Ada went for a walk.", at=days(n), uid=f"w{n}", doc=n + 10, kind="episodic") for n in (0, 1, 9)]
    (group,) = duplicates(walks, lambda _a, _b: 1.0)
    assert [r.id for r in group] == ["w0", "w1"]


def test_of_duplicates_the_best_proven_is_kept():
    one = record("Ada is vegetarian.", uid="one", doc=1)
    other = record("Ada is vegetarian.", uid="other", doc=2)
    proven = replace(other, sources=(*other.sources, *one.sources))
    assert [r.id for r in duplicates([one, proven], lambda _a, _b: 1.0)[0]] == ["other", "one"]


def test_what_agrees_in_every_slot_is_one_only_if_it_is_alike():
    slot = Slot("user", "employer", "Siemens")
    one, other = record("I work at Siemens.", slot, uid="a", doc=1), record("Siemens is who pays me.", slot, uid="b", doc=2)
    assert [[r.id for r in g] for g in duplicates([one, other], lambda _a, _b: 0.8)] == [["a", "b"]]
    assert duplicates([one, other], lambda _a, _b: 0.3) == []
    elsewhere = record("I work at Bosch.", Slot("user", "employer", "Bosch"), uid="c", doc=3)
    assert duplicates([one, elsewhere], lambda _a, _b: 1.0) == []


# --- out of date
@pytest.fixture
def merged(path, tmp_path, clock):
    """Two devices, each with a memory of Ada, loaded into one."""
    with Memory(tmp_path / "other.db", clock=clock, embedder="hashing", worker=False) as other:
        other.add(["I live in Oslo.", "I like tea."], **ADA)
        other.export(tmp_path / "other.jsonl")
    clock.advance(days=1)
    with Memory(path, clock=clock, embedder="hashing", worker=False) as m:
        m.add(["I live in Porto.", "I like coffee."], **ADA)
        m.load(tmp_path / "other.jsonl")
        m.work()
        yield m


def test_two_homes_are_one_too_many_and_two_drinks_are_not(merged):
    found = merged.doctor(**ADA)
    wrong = troubles(merged, **ADA)
    assert not found.ok
    assert set(wrong) == {"stale"}
    (example,) = wrong["stale"].examples
    assert example.what == "(user, lives_in): Porto (2026-03-03), Oslo (2026-03-02)"
    home = {r.slots[0].value: r.id for r in merged.list(**ADA)}
    assert example.do == f"perdure delete {home['Oslo']}"
    merged.add("I live in Porto.", **ADA)
    merged.delete(home["Oslo"])
    assert merged.doctor(**ADA).ok


def test_saying_what_holds_mends_two_homes(merged, clock):
    clock.advance(days=1)
    merged.add("I moved to Lima.", **ADA)
    assert merged.doctor(**ADA).ok
    assert merged.fact("lives_in", **ADA).values == ("Lima",)


def test_what_waits_in_the_inbox_is_a_conflict_and_not_stale(path, clock):
    told = {"I live in Delhi.": "Delhi", "You live in Goa.": "Goa"}

    def reply(request):
        text = next(t for t in told if f">{t}<" in request.turns[-1].content)
        return answer(said(text, slots=[{"entity": "user", "attribute": "lives_in", "value": told[text]}]))

    with Memory(path, clock=clock, embedder="hashing", llm=EchoLLM(reply), worker=False) as m:
        m.add("I live in Delhi.", **ADA)
        clock.advance(days=1)
        m.add({"role": "assistant", "content": "You live in Goa."}, **ADA)
        assert set(troubles(m, **ADA)) == {"conflicts"}
        (open_one,) = m.conflicts(**ADA)
        assert open_one.id in troubles(m)["conflicts"].examples[0].do
        m.settle(open_one.id, keep=open_one.memory_id)
        assert troubles(m) == {}


@pytest.mark.parametrize("later", ["We moved to Lisbon last week.", "I no longer live in Delhi."])
def test_a_later_message_nobody_understood_makes_a_fact_stale(plain_memory, clock, later):
    (home,) = plain_memory.add("I live in Delhi.", **ADA).memories
    clock.advance(days=9)
    plain_memory.add(["I live in Delhi.", "Lovely weather today."], **ADA, infer=False)  # says the same, and nothing
    assert troubles(plain_memory, **ADA) == {}
    plain_memory.add(later, **ADA, infer=False)
    found = troubles(plain_memory, **ADA)["stale"]
    assert (found.level, found.examples[0].ids[0]) == ("wrong", home.id)
    assert later in found.examples[0].what
    assert not plain_memory.doctor().ok


def test_what_is_about_to_be_read_is_not_called_stale(path, clock):
    with Memory(path, clock=clock, embedder="hashing", worker=False) as m:
        m.add("I live in Delhi.", **ADA)
        clock.advance(days=9)
        m.add("I moved to Lisbon.", **ADA, wait="captured")
        assert set(troubles(m, **ADA)) == {"jobs", "lag"}
        m.work()
        assert troubles(m, **ADA) == {}


def test_time_that_is_over_and_what_nobody_will_read_again_are_notes(plain_memory, clock):
    visit = keep(plain_memory, "Ada is visiting Rome.", expires_at="2026-03-03")
    brief = keep(plain_memory, "Be brief.", session_id="s1", term="short_term", expires_at="2026-03-03")
    assert troubles(plain_memory, **ADA) == {}
    clock.advance(days=3)
    assert troubles(plain_memory, **ADA)["stale"].examples[0].ids == (visit,)
    clock.advance(days=7)
    ids = {e.ids[0]: e.do for f in plain_memory.doctor(**ADA).findings if f.check == "stale" for e in f.examples}
    assert ids == {visit: f"perdure delete {visit}", brief: f"perdure forget --id {brief}"}
    assert plain_memory.doctor(**ADA).ok


def test_a_memory_is_stale_when_all_it_says_has_ended():
    over = Slot("user", "employer", "Siemens", valid_to=days(-1))
    open_ = Slot("user", "lives_in", "Delhi")
    gone, half = record("I work at Siemens.", over, uid="gone"), record("I work at Siemens in Delhi.", over, open_, uid="half")
    assert [r.id for r in stale([gone, half], NOW).ended] == ["gone"]


def test_a_fuller_name_of_one_place_is_no_second_value():
    short, full = (
        record("I live in Porto.", Slot("user", "lives_in", "Porto"), uid="a"),
        record("I live in Porto, Portugal.", Slot("user", "lives_in", "Porto, Portugal"), uid="b"),
    )
    assert stale([short, full], NOW).several == ()
    elsewhere = Scope(user_id="ada", session_id="s1")
    private = record("I live in Rome for today.", Slot("user", "lives_in", "Rome"), uid="c", term="short_term", scope=elsewhere)
    assert stale([short, private], NOW).several == ()  # for a session alone


# --- cut off
def test_a_memory_whose_message_is_gone_is_an_orphan(plain_memory):
    (home,) = plain_memory.add("I live in Delhi.", **ADA).memories
    with plain_memory._stores.ledger.transaction() as tx:
        tx.connection.execute("DELETE FROM messages WHERE id = ?", (home.sources[0].message_id,))
    wrong = troubles(plain_memory, **ADA)["orphans"]
    assert wrong.level == "wrong"
    assert home.id in {i for f in plain_memory.doctor(**ADA).findings if f.check == "orphans" for e in f.examples for i in e.ids}


@pytest.mark.parametrize(("projection", "table"), [("slots", "slots"), ("graph", "edges"), ("text", "postings"), ("vector", "vectors")])
def test_rows_without_a_memory_and_memories_without_rows_are_told_apart(plain_memory, projection, table):
    plain_memory.add(["I live in Delhi.", "My brother Tomislav lives in Ljubljana."], **ADA)
    stores = plain_memory._stores
    with stores.ledger.transaction() as tx:
        owner = tx.owner(plain_memory.list(**ADA)[0].scope)
        column = "memory" if projection in ("slots", "graph") else "doc"
        row = tx.connection.execute(f"SELECT {column} FROM {table} WHERE owner = ? LIMIT 1", (owner,)).fetchone()
        ghost = "ghost" if column == "memory" else 999_999
        tx.connection.execute(f"UPDATE {table} SET {column} = ? WHERE owner = ? AND {column} = ?", (ghost, owner, row[0]))
        tx.revise(owner, erased=True)
    wrong = troubles(plain_memory, **ADA)
    assert set(wrong) == {"indexes", "orphans"}
    assert f"perdure reindex {projection}" in wrong["indexes"].do
    assert wrong["orphans"].examples[0].do == f"perdure reindex {projection}"
    assert str(ghost) in wrong["orphans"].examples[0].what
    plain_memory.reindex(projection)
    assert plain_memory.doctor(**ADA).ok


def test_a_name_at_the_end_of_a_relation_that_nothing_mentions_is_reported():
    edge = Relation("user", "has_friend", "Zoe")
    loose = record("My friend is Zoe.", uid="loose", relations=(edge,))
    assert [(r.id, name) for r, name in unmentioned([loose])] == [("loose", "Zoe")]
    assert unmentioned([replace(loose, entities=(Entity("Zoe", "Person"),))]) == []
    assert unmentioned([replace(loose, status="deleted")]) == []


# --- behind
def test_what_is_not_indexed_yet_is_counted_and_work_mends_it(path, clock):
    with Memory(path, clock=clock, embedder="hashing", worker=False) as m:
        m.add(["I live in Delhi.", "I like tea."], **ADA, wait="captured")
        found = troubles(m, **ADA)
        assert (found["lag"].count, found["jobs"].count) == (2, 1)
        assert m.doctor().ok  # it will be done; nothing is wrong
        assert troubles(m, user_id="bob")["orphans"].what.startswith("Nothing is kept")
        m.work()
        assert troubles(m) == {}


def test_an_extraction_that_was_given_up_is_wrong_and_says_why(path, clock):
    llm = FlakyLLM(EchoLLM(lambda _: answer()), [LLMUnavailableError("no quota left")] * 50)
    with Memory(path, clock=clock, embedder="hashing", llm=llm, worker=False) as m:
        m.add("I live in Delhi.", **ADA)
        for _ in range(20):
            clock.advance(days=1)
            m.work()
        found = troubles(m, **ADA)["jobs"]
        assert (found.level, found.count) == ("wrong", 1)
        assert "no quota left" in found.examples[0].what
        assert "perdure jobs --run" in found.do
        assert not m.doctor().ok


# --- a large store
def test_a_store_beyond_the_limit_is_sampled_and_says_so(plain_memory):
    for n in range(12):
        plain_memory.add(["I like tea.", "I like coffee."], user_id=f"u{n}")
    diagnosis = plain_memory.doctor(limit=16)
    assert diagnosis.ok
    assert not diagnosis.complete
    assert 0 < diagnosis.looked_at["owners"] < diagnosis.looked_at["all_owners"] == 12
    assert diagnosis.looked_at["messages"] + diagnosis.looked_at["memories"] <= 16
    assert plain_memory.doctor(limit=1000).complete


def test_of_an_owner_beyond_the_limit_the_newest_memories_are_looked_at(plain_memory):
    for n in range(30):
        keep(plain_memory, f"Ada owns book number {n}.")
    keep(plain_memory, "Ada is vegetarian.", kind="preference")
    keep(plain_memory, "Ada is vegetarian.")
    diagnosis = plain_memory.doctor(**ADA, limit=10)
    assert not diagnosis.complete
    assert diagnosis.looked_at["memories"] == 10
    assert {f.check for f in diagnosis.findings if f.level == "note"} == {"duplicates", "indexes"}
