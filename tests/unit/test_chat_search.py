"""Searching a chat with an assistant, end to end: instructions, whose words, mere questions; and that forgetting takes tokens along."""

from __future__ import annotations

import sqlite3

import pytest
from stage_parts import bytes_on_disk

from perdure import Memory
from perdure.testing import FrozenClock

INSTRUCTION = "Always answer in metric units."
PLANTED = "I planted forty tomato seedlings along the south wall on Saturday."
LECTURE = (
    "Tomato seedlings along a south wall do well: the wall gives back the warmth of the day, seedlings planted in spring get light from "
    "morning to evening, and a south wall keeps tomato plants dry. Water the seedlings early, feed the tomato plants every second week, "
    "and tie them to the wall when they have grown taller than the span of a hand."
)
CHAT = [
    ("user", INSTRUCTION),
    ("assistant", "Sure, metric units it is."),
    ("user", PLANTED),
    ("assistant", LECTURE),
    ("user", "How far apart should they stand?"),
    ("assistant", "Leave about half a metre between plants so that air can pass."),
    ("user", "Never mind."),
    ("user", "My neighbour Greta has a shed full of paint and boats."),
    ("assistant", "What did Greta paint last?"),
    ("user", "Greta painted a blue trawler with a red keel, for the harbour museum."),
    ("user", "My sister is coming in June and wants to go to the coast."),
    ("assistant", "That sounds like a lovely plan for the summer."),
    ("user", "We still have to book a room near the beach for her."),
]


@pytest.fixture(scope="module")
def chat(tmp_path_factory):
    clock = FrozenClock("2026-03-02T12:00:00Z")
    with Memory(tmp_path_factory.mktemp("chat") / "memory.db", clock=clock, worker=False) as m:
        for role, content in CHAT:
            m.add({"role": role, "content": content}, user_id="ada", session_id="s1")
            clock.advance(seconds=60)
        yield m


def signals(hit):
    return {s.channel: s.contribution for s in hit.why}


# --- standing instructions
@pytest.mark.parametrize("question", [
    "How much water do my tomatoes need each week?",
    "Can you plan a hike for me and my sister?",
    "What is a good distance between tomato plants?",
])  # fmt: skip
def test_a_standing_instruction_comes_up_for_a_request(chat, question):
    hits = [h for h in chat.search(question, user_id="ada", limit=5) if "metric" in h.text and "Sure" not in h.text]
    assert hits
    told = signals(hits[0])
    assert told.get("instruction", 0) > 0 or told.get("folded", 0) > 0  # of the message, or the memory that stands for it


@pytest.mark.parametrize("question", ["When did I plant the tomato seedlings?", "What did I say about my sister?"])
def test_it_stays_away_when_it_is_asked_what_happened(chat, question):
    hits = chat.search(question, user_id="ada", limit=20)
    assert not any("instruction" in signals(h) for h in hits)
    assert "metric" not in " ".join(h.text for h in hits[:3])


def test_never_mind_is_no_instruction(chat):
    hits = chat.search("Can you plan a hike for me and my sister?", user_id="ada", limit=50)
    assert not any("instruction" in signals(h) for h in hits if h.text == "Never mind.")
    assert "Never mind." not in [h.text for h in hits[:3]]


# --- whose words
def test_the_users_own_statement_stands_above_the_assistants_prose_of_the_same_words(chat):
    for question in ("When did I plant the tomato seedlings?", "How many tomato seedlings stand along the south wall?"):
        texts = [h.text for h in chat.search(question, user_id="ada", limit=20)]
        assert "forty tomato seedlings" in texts[0]
        assert LECTURE in texts[1:]


def test_asked_for_the_assistants_words_these_count_more(chat):
    question = "What did you tell me about tomato seedlings?"
    (lecture,) = [h for h in chat.search(question, user_id="ada", limit=20) if h.text == LECTURE]
    assert signals(lecture)["speaker"] > 0
    (lecture,) = [h for h in chat.search("When did I plant the tomato seedlings?", user_id="ada", limit=20) if h.text == LECTURE]
    assert "speaker" not in signals(lecture)


def test_among_people_no_speaker_is_preferred(path, clock):
    with Memory(path, clock=clock, worker=False) as m:
        m.add([{"role": "user", "name": n, "content": c} for n, c in (("Ada", "I keep bees."), ("Bob", "I keep hens."))], user_id="ada")
        assert not any("speaker" in signals(h) for h in m.search("Who keeps bees?", user_id="ada"))


# --- mere questions
def test_a_question_stands_below_its_answer(chat):
    hits = chat.search("What did Greta paint?", user_id="ada", limit=20)
    texts = [h.text for h in hits]
    answer = next(i for i, t in enumerate(texts) if "trawler" in t)
    asked = texts.index("What did Greta paint last?")
    assert answer < asked
    assert signals(hits[asked])["question"] < 0


def test_every_score_is_what_its_signals_add_up_to(chat):
    for question in ("What did Greta paint?", "When did I plant the tomato seedlings?", "Can you plan a hike for me and my sister?"):
        for hit in chat.search(question, user_id="ada", limit=50):
            assert hit.score == pytest.approx(sum(signals(hit).values()), abs=1e-3)
            assert 0.0 <= hit.score <= 1.0


def test_reasons_stay_in_proportion_where_nothing_is_worth_anything(path, clock):
    """Brief and old replies, none of which is about the question: what little speaks for each is not blown up."""
    with Memory(path, clock=clock, worker=False) as m:
        m.add(["ok", "thanks", "What is it?", "Really?"], user_id="ada", infer=False)
        clock.advance(days=900)
        for question in ("Which violin strings suit jazz?", "kubernetes", "!!!", "ok"):
            hits = m.search(question, user_id="ada")
            assert all(abs(s.contribution) <= 1 and abs(s.weight) <= 1 for h in hits for s in h.why)
            assert all(h.score == pytest.approx(sum(signals(h).values()), abs=1e-3) for h in hits)
        assert hits[0].text == "ok"


# --- forgetting takes the tokens along
def token_codes(path):
    """Document to code, of all spaces, as they stand in the file."""
    with sqlite3.connect(path) as db:
        return dict(db.execute("SELECT doc, codes FROM tokens").fetchall())


def documents(path):
    """Every document that has a text in the file."""
    with sqlite3.connect(path) as db:
        return {d for table in ("messages", "memories") for (d,) in db.execute(f"SELECT doc FROM {table}")}


@pytest.fixture
def open_memory(path, clock):
    def opened(**more):
        return Memory(path, clock=clock, worker=False, **more)

    return opened


def test_a_forgotten_session_leaves_no_token_codes(open_memory, path):
    with open_memory() as m:
        m.add([PLANTED, "My brother Emil lives in Ostrava."], user_id="ada", session_id="s1")
        before = token_codes(path)
        m.add("Greta painted a blue trawler with a red keel.", user_id="ada", session_id="s2")
        gone = {d: c for d, c in token_codes(path).items() if d not in before}
        assert gone
        m.forget(user_id="ada", session_id="s2")
        assert token_codes(path) == before
        assert not any(code in bytes_on_disk(path) for code in gone.values())
        assert m.verify().ok
        assert m.search("Where does Emil live?", user_id="ada")[0].text == "My brother Emil lives in Ostrava."


def test_a_forgotten_memory_takes_its_own_and_its_messages_token_codes(open_memory, path):
    with open_memory() as m:
        kept = m.add("I live in Maribor.", user_id="ada")
        before = token_codes(path)
        memory = m.add("My brother Emil lives in Ostrava.", user_id="ada").memories[0]
        assert len(token_codes(path)) > len(before)
        m.forget(id=memory.id)
        m.work()
        assert token_codes(path) == before
        assert set(token_codes(path)) <= documents(path)
        assert m.verify().ok
        assert m.get(kept.memories[0].id).text == "I live in Maribor."


def test_what_is_left_of_a_struck_message_has_token_codes_of_what_is_left(open_memory, path):
    with open_memory() as m:
        text = "Is there a tram along the river on Sundays, and would it stop at the old bridge? My brother Emil lives in Ostrava."
        memory = m.add(text, user_id="ada").memories[0]
        (message,) = {s.doc for s in memory.sources}
        whole = token_codes(path)[message]
        m.forget(id=memory.id)
        m.work()
        left = token_codes(path)
        assert set(left) <= {message}
        assert left.get(message) != whole
        assert whole not in bytes_on_disk(path)
        assert m.verify().ok


def test_a_forgotten_user_leaves_none_and_others_keep_theirs(open_memory, path):
    with open_memory() as m:
        m.add("I live in Maribor.", user_id="bob")
        before = token_codes(path)
        m.add([PLANTED, "My brother Emil lives in Ostrava."], user_id="ada")
        gone = [c for d, c in token_codes(path).items() if d not in before]
        m.forget(user_id="ada")
        assert token_codes(path) == before
        assert not any(code in bytes_on_disk(path) for code in gone)
        assert m.verify().ok


def test_forgetting_reaches_what_another_embedder_left(open_memory, path):
    """The codes and vectors of an embedder that is used no more say as much about the text as those in use."""
    with open_memory() as m:
        m.add([PLANTED, "My brother Emil lives in Ostrava."], user_id="ada", session_id="s1")
        assert token_codes(path)
    with open_memory(embedder="hashing") as m:
        m.work()
        m.forget(user_id="ada", session_id="s1")
        assert token_codes(path) == {}
        with sqlite3.connect(path) as db:
            assert db.execute("SELECT count(*) FROM vectors").fetchone() == (0,)
        assert m.verify().ok


def test_among_people_the_one_who_is_asked_about_speaks_first(memory):
    said = [("Ben", "Pottery is what I enjoy most at weekends."), ("Mia", "Pottery is what I enjoy most at weekends, really.")]
    for n, (name, text) in enumerate(said):
        memory.add({"role": "user", "name": name, "content": text, "timestamp": f"2026-01-1{n}"}, user_id="club", session_id=f"s{n}")
    for name in ("Ben", "Mia"):
        hits = memory.search(f"What does {name} enjoy?", user_id="club")
        assert hits[0].sources[0].said_by == name
        assert "speaker" in {signal.channel for signal in hits[0].why}
    both = memory.search("What do Ben and Mia enjoy?", user_id="club")
    assert "speaker" not in {signal.channel for hit in both for signal in hit.why}
