"""What model calls take is counted once, whatever happens; prices turn it into money; a budget stops extraction and nothing else."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest
from stage_parts import answer, bytes_on_disk, said

from perdure import Memory
from perdure.errors import BudgetError, ConfigError, InputError, LLMTimeoutError, LLMUnavailableError
from perdure.model.spending import Budget, Price, Prices, Usage, budget_of, prices_of
from perdure.ports import LLMReply, LLMRequest, SupportsStreaming, Turn
from perdure.stages.spending import metered
from perdure.testing import EchoLLM, FlakyLLM

GPT = "openai:gpt-5-mini"
PRICES = {GPT: {"input": 0.25, "cached": 0.025, "output": 2.0}}
SAID = "I moved to Bangalore last month."
PURPOSES = {"extraction": "extract", "same": "judge"}


class Billed(EchoLLM):
    """A model of a provider's that charges 1,000 tokens read, 400 of them cached, and 100 written for each call."""

    def __init__(self, reply=None, *, name=GPT):
        super().__init__(self._billed, name=name)
        self._said = reply or (lambda request: answer(said(request.turns[-1].content)))

    def _billed(self, request):
        text = self._said(request)
        if isinstance(text, BaseException):
            return text
        return LLMReply(text if isinstance(text, str) else json.dumps(text), "gpt-5-mini-2025", 1000, 100, 400)


def understands(request):
    """One memory for each message of the prompt, which it quotes whole."""
    found = re.findall(r'<message n="(\d+)"[^>]*>(.*?)</message>', request.turns[-1].content, re.DOTALL)
    return answer(*(said(text) | {"message": int(n)} for n, text in found))


@pytest.fixture
def opened(path, clock):
    def make(llm=None, **more):
        return Memory(path, clock=clock, llm=llm or Billed(understands), **({"embedder": "hashing", "worker": False} | more))

    return make


def only(rows):
    (row,) = rows
    return row


# ---------------------------------------------------------------------- counting
def test_a_call_is_counted_with_its_tokens_and_its_price(opened):
    with opened(prices=PRICES) as m:
        m.add(SAID, user_id="ada")
        day = only(m.costs())
        assert (day.key, day.calls, day.input_tokens, day.cached_tokens, day.output_tokens) == ("2026-03-02", 1, 1000, 400, 100)
        assert day.usd == pytest.approx((600 * 0.25 + 400 * 0.025 + 100 * 2.0) / 1e6)
        assert only(m.costs(by="user")).key == "ada"
        assert only(m.costs(by="model")).key == GPT
        assert only(m.costs(by="purpose")).key == "extract"
        assert only(m.costs(by="job")).key == m.jobs(user_id="ada")[0].id


def test_days_of_utc_are_kept_apart_and_can_be_asked_for(opened, clock):
    with opened() as m:
        for _ in range(3):
            m.add(SAID, user_id="ada")
            clock.advance(days=1)
        assert [c.key for c in m.costs()] == ["2026-03-02", "2026-03-03", "2026-03-04"]
        assert [c.key for c in m.costs(since="2026-03-03T23:00:00Z", until="2026-03-04")] == ["2026-03-03", "2026-03-04"]
        assert m.costs(user_id="bob") == []
        with pytest.raises(InputError, match="by must be one of"):
            m.costs(by="week")
        with pytest.raises(InputError, match="since"):
            m.costs(since="yesterday")


def test_a_model_without_a_price_shows_tokens_and_no_price_and_a_local_one_costs_nothing(opened):
    with opened(Billed(understands, name="acme:large")) as m:
        m.add(SAID, user_id="ada")
        assert (only(m.costs()).usd, only(m.costs()).unpriced) == (None, ("acme:large",))
    with opened(Billed(understands, name="ollama:qwen3")) as m:
        m.add("I live in Goa.", user_id="bob")
        assert only(m.costs(user_id="bob")).usd == 0.0
        both = only(m.costs())
        assert (both.calls, both.usd, both.unpriced) == (2, 0.0, ("acme:large",))
    with opened(prices={"acme:large": {"input": 1, "output": 0}, "ollama:qwen3": {"input": 2, "output": 0}}) as m:
        assert [(c.key, c.usd) for c in m.costs(by="user")] == [("bob", 0.002), ("ada", 0.001)]


def test_replies_of_no_use_were_paid_for_all_the_same(opened, clock):
    replies = iter(["Sure! Here you are.", "Sorry, I cannot.", None])
    with opened(Billed(lambda r: next(replies) or understands(r))) as m:
        assert m.add(SAID, user_id="ada").job.state == "pending"
        assert only(m.costs()).calls == 2
        clock.advance(hours=2)
        m.work()
        assert only(m.costs()).calls == 3
        assert m.jobs(user_id="ada")[0].calls == 1, "what the extraction that was kept took"


def test_an_answer_refused_after_it_was_billed_is_counted_and_one_that_never_came_is_not(opened):
    refused = LLMUnavailableError("refused")
    refused.reply = LLMReply("", "gpt-5-mini-2025", 700, 20)
    with opened(FlakyLLM(Billed(understands), [refused])) as m:
        m.add(SAID, user_id="ada")
        assert (only(m.costs()).input_tokens, only(m.costs()).output_tokens) == (700, 20)
    with opened(FlakyLLM(Billed(understands), [LLMTimeoutError("no answer in 60 s")])) as m:
        m.add(SAID, user_id="bob")
        assert m.costs(user_id="bob") == []


def test_a_reply_read_back_costs_nothing(opened, clock):
    from perdure.adapters.embed.hashing import HashingEmbedder
    from perdure.errors import ModelError

    class Breaks(HashingEmbedder):
        broken = 0

        def embed(self, texts):
            if llm.requests and self.broken < 2:
                self.broken += 1
                raise ModelError("the embedding server is down")
            return super().embed(texts)

    llm = Billed(lambda r: answer(said("The user moved to Bangalore.", quote=SAID)))
    with opened(llm, embedder=Breaks()) as m:
        assert m.add(SAID, user_id="ada").job.state == "pending"
        for _ in range(3):
            clock.advance(hours=2)
            m.work()
        assert m.jobs(user_id="ada")[0].state == "done"
        assert only(m.costs()).calls == len(llm.requests) == 1


def test_a_job_taken_up_again_pays_for_nothing_though_its_surroundings_have_changed(opened, clock):
    """Between its first run and the second the owner learnt more: the memories shown would be others."""
    from perdure.adapters.embed.hashing import HashingEmbedder
    from perdure.errors import ModelError

    class Breaks(HashingEmbedder):
        broken = False

        def embed(self, texts):
            if self.broken and any("The user moved" in t for t in texts):
                raise ModelError("the embedding server is down")
            return super().embed(texts)

    def told(request):
        spoken = understands(request)
        for memory in spoken["memories"]:
            memory["text"] = memory["text"].replace("I moved", "The user moved")
        return spoken

    llm, embedder = Billed(told), Breaks()
    with opened(llm, embedder=embedder) as m:
        embedder.broken = True
        assert m.add("I moved to Goa last month.", user_id="ada").job.state == "pending"
        embedder.broken = False
        m.add("I work at Initech in Goa.", user_id="ada")
        before = len(llm.requests)
        clock.advance(days=1)
        assert m.work() == 1
        assert [j.state for j in m.jobs(user_id="ada")] == ["done", "done"]
        assert len(llm.requests) == before
        assert sum(c.calls for c in m.costs()) == len(llm.requests)


def test_replies_are_dropped_when_their_job_is_done(opened, path):
    with opened(Billed(lambda r: answer(said("Zanzibar is where the user wants to go.", quote=SAID)))) as m:
        m.add(SAID, user_id="ada")
        with m._stores.ledger.snapshot() as snapshot:
            assert snapshot.connection.execute("SELECT count(*) FROM calls").fetchone() == (0,)


def test_a_forgotten_users_spending_stays_without_a_name(opened, path):
    with opened(Billed(lambda r: answer(said("x", quote=r.turns[-1].content[-40:-10])))) as m:
        m.add("I live in Porto.", user_id="somebody-special")
        m.add(SAID, user_id="bob")
        job = m.jobs(user_id="somebody-special")[0].id
        before = only(m.costs())
        m.forget(user_id="somebody-special")
        assert only(m.costs()) == before
        assert {c.key: c.calls for c in m.costs(by="user")} == {"": 1, "bob": 1}
        assert job not in {c.key for c in m.costs(by="job")}
        assert m.costs(user_id="somebody-special") == []
        assert m.verify().ok
        m.add("I live in Lima.", user_id="newcomer")  # may be given the number that was free
        assert {c.key: c.calls for c in m.costs(by="user")} == {"": 1, "bob": 1, "newcomer": 1}
    on_disk = bytes_on_disk(path)
    assert b"somebody-special" not in on_disk
    assert job.encode() not in on_disk


def test_a_forgotten_sessions_jobs_leave_no_id(opened):
    with opened() as m:
        m.add(SAID, user_id="ada", session_id="s1")
        m.add("I live in Lima.", user_id="ada")
        kept = m.jobs(user_id="ada")[1].id
        m.forget(user_id="ada", session_id="s1")
        assert {c.key for c in m.costs(by="job")} == {"", kept}
        assert only(m.costs(user_id="ada")).calls == 2


def test_somebody_forgotten_while_the_model_answers_is_not_written_down_again(opened):
    def forgets(request):
        m.forget(user_id="ada")
        return answer(said("Goa it is.", quote="Goa"))

    with opened(Billed(forgets)) as m:
        result = m.add("I moved to Goa.", user_id="ada")
        assert (result.changes, result.job) == ((), None)
        with m._stores.ledger.snapshot() as snapshot:
            assert snapshot.connection.execute("SELECT count(*) FROM calls").fetchone() == (0,)
        assert [(c.key, c.calls) for c in m.costs(by="user")] == [("", 1)]
        assert m.stats().messages == 0


# ---------------------------------------------------------------------- calls that are not kept
def test_what_is_asked_is_counted_for_whoever_it_was_asked_for(opened):
    with opened(Billed(lambda r: "An answer.")) as m:
        m.add("I live in Porto.", user_id="ada", infer=False)
        with m._stores.ledger.snapshot() as snapshot:
            owner = snapshot.owner(m._view("ada", None, None).scope)
        llm = metered(m._stores.llm, m._stores, owner, "answer")
        assert llm.complete(LLMRequest((Turn("user", "Where?"),))).text == "An answer."
        nobody = metered(m._stores.llm, m._stores, None, "chat")
        nobody.complete(LLMRequest((Turn("user", "Hello"),)))
        assert {c.key: c.input_tokens for c in m.costs(by="user")} == {"ada": 1000, "": 1000}
        assert {c.key for c in m.costs(by="purpose")} == {"answer", "chat"}


def test_a_stream_is_counted_at_its_end_and_by_its_length_when_it_is_broken_off(opened):
    with opened(Billed(lambda r: "one two three four five six")) as m:
        llm = metered(m._stores.llm, m._stores, None, "chat")
        assert isinstance(llm, SupportsStreaming)
        request = LLMRequest((Turn("user", "count " * 40),))
        assert "".join(llm.stream(request)) == "one two three four five six"
        assert (only(m.costs()).input_tokens, only(m.costs()).output_tokens) == (1000, 100)
        broken = llm.stream(request)
        next(broken)
        next(broken)
        broken.close()
        assert (only(m.costs()).calls, only(m.costs()).input_tokens) == (2, 1000 + 60)
        assert only(m.costs()).output_tokens == 100 + len("one two") // 4

    class Plain:
        name = "plain"

        def complete(self, request):
            return LLMReply("x")

    assert not isinstance(metered(Plain(), m._stores, None, "chat"), SupportsStreaming)


# ---------------------------------------------------------------------- prices and budgets, as they are configured
@pytest.mark.parametrize(
    "prices",
    [
        {GPT: 3}, {GPT: {"input": 1}}, {GPT: {"input": 1, "output": 2, "thinking": 3}}, {GPT: {"input": -1, "output": 2}},
        {GPT: {"input": "cheap", "output": 2}}, {GPT: {"input": True, "output": 2}}, {GPT: {"input": float("nan"), "output": 1}}, 7,
        "{", [GPT], {3: {"input": 1, "output": 1}},
    ],
)  # fmt: skip
def test_prices_that_make_no_sense_are_refused(path, prices):
    with pytest.raises(ConfigError) as refused:
        Memory(path, prices=prices, embedder="hashing")
    assert refused.value.setting == "prices"
    assert not path.exists()


@pytest.mark.parametrize(
    "budget",
    [
        {}, {"usd_per_week": 5}, {"tokens_per_day": -1}, {"tokens_per_day": "many"}, {"tokens_per_day": True}, 5, Budget(),
        {"tokens_per_day": float("inf")}, "five dollars",
    ],
)  # fmt: skip
def test_budgets_that_make_no_sense_are_refused(path, budget):
    with pytest.raises(ConfigError) as refused:
        Memory(path, budget=budget, embedder="hashing")
    assert refused.value.setting == "budget"
    assert not path.exists()


def test_a_limit_in_money_needs_a_price(path):
    with pytest.raises(ConfigError, match="gpt-5-mini has no price") as refused:
        Memory(path, llm=Billed(), budget={"usd_per_day": 5}, embedder="hashing")
    assert refused.value.setting == "prices"
    assert not path.exists()
    for llm, more in ((Billed(name="ollama:qwen3"), {}), (Billed(), {"prices": PRICES}), (None, {})):
        Memory(path, llm=llm, budget={"usd_per_user_day": 5}, embedder="hashing", worker=False, **more).close()


def test_prices_and_budget_come_from_toml_and_environment(tmp_path, path, monkeypatch):
    config = tmp_path / "perdure.toml"
    config.write_text(
        f'[perdure.budget]\ntokens_per_day = 2_000_000\n[perdure.prices."{GPT}"]\ninput = 0.25\ncached = 0.025\noutput = 2.0\n'
    )
    with Memory(path, config=config, embedder="hashing", worker=False) as m:
        assert m._purse.budget == Budget(tokens_per_day=2_000_000)
        assert m._purse.prices.of(GPT) == Price(0.25, 2.0, 0.025)
    monkeypatch.setenv("PERDURE_BUDGET", '{"tokens_per_user_day": 10}')
    with Memory(path, embedder="hashing", worker=False) as m:
        assert m._purse.budget == Budget(tokens_per_user_day=10)


def test_a_price_without_one_for_the_cache_charges_it_as_input():
    usage = Usage(GPT, "extract", 1, 1_000_000, 400_000, 1_000_000)
    assert Price(1.0, 4.0).of(usage) == 5.0
    assert Price(1.0, 4.0, 0.5).of(usage) == 0.6 + 0.2 + 4.0
    assert prices_of(None).of(GPT) is None
    assert prices_of({GPT: Price(1, 2)}) == Prices({GPT: Price(1, 2)})
    assert budget_of(None) is None


# ---------------------------------------------------------------------- a spent budget
def test_a_spent_budget_stops_extraction_and_capture_goes_on(opened, clock):
    llm = Billed(understands)
    with opened(llm, budget={"tokens_per_day": 1000}) as m:
        assert m.add("I live in Porto.", user_id="ada").job.state == "done"
        result = m.add("My sister Mara plays chess.", user_id="ada")
        assert (result.job.state, result.job.attempts, len(llm.requests)) == ("pending", 0, 1)
        assert isinstance(result.job.error, BudgetError)
        assert result.job.next_at.isoformat() == "2026-03-03T00:00:00+00:00"
        assert "tokens_per_day: 1,000 tokens" in result.warnings[0]
        assert "2026-03-03T00:00:00Z" in result.warnings[0]
        assert m.search("chess", user_id="ada")[0].text == "My sister Mara plays chess.", "captured is found"
        assert m.add("I like figs.", user_id="ada", wait="captured").warnings, "also who does not wait is told"
        m.work()
        assert m.stats().waiting_for_budget == 2
        assert any("budget" in f.what and f.count == 2 for f in m.doctor().findings)
        m.work(force=True)
        assert len(llm.requests) == 1, "nor by force"

        clock.set(result.job.next_at - timedelta(seconds=1))
        m.work()
        assert len(llm.requests) == 1
        clock.advance(seconds=2)
        assert m.work() == 2
        assert {j.state for j in m.jobs(user_id="ada")} == {"done"}
        assert m.stats().waiting_for_budget == 0
        assert len(m.list(user_id="ada")) == 3


def test_waiting_for_the_budget_is_no_failure_however_often(opened, clock):
    with opened(budget={"tokens_per_day": 0}) as m:
        m.add(SAID, user_id="ada")
        for _ in range(20):
            clock.advance(days=1)
            m.work()
        job = m.jobs(user_id="ada")[0]
        assert (job.state, job.attempts) == ("pending", 0)


def test_a_raised_budget_lets_them_through_at_once(opened):
    with opened(budget={"tokens_per_day": 100}) as m:
        m.add("I live in Porto.", user_id="ada")
        assert m.add(SAID, user_id="ada").job.state == "pending"
    with opened(budget={"tokens_per_day": 100}) as m:
        assert m.work() == 0
    with opened(budget={"tokens_per_day": 5000}) as m:
        assert m.work() == 1
        assert {j.state for j in m.jobs(user_id="ada")} == {"done"}


def test_several_calls_of_one_job_are_held_to_the_budget_one_by_one(opened):
    """In a file, where whoever decides reads from a snapshot that was taken before the calls."""
    near = [f"I own a boat called Number {n}." for n in range(4)]
    with opened(Billed(lambda r: understands(r) if r.schema_name == "extraction" else '{"same_as": null}')) as m:
        m.add_many(near, user_id="ada")
        before = sum(c.input_tokens + c.output_tokens for c in m.costs())
    llm = Billed(lambda r: understands(r) if r.schema_name == "extraction" else '{"same_as": null}')
    with opened(llm, budget={"tokens_per_day": before + 2200}) as m:
        results = m.add_many([f"I own a boat called Number {n}." for n in range(10, 16)], user_id="ada")
        assert [r.schema_name for r in llm.requests] == ["extraction", "same"]
        assert {r.job.state for r in results} == {"pending"}
    with opened(llm) as m:
        assert m.work() == 6
        assert [r.schema_name for r in llm.requests].count("extraction") == 1, "its reply was kept"


def test_one_users_budget_is_not_anothers(opened):
    with opened(budget={"usd_per_user_day": 0.0003}, prices=PRICES) as m:
        for user in ("ada", "bob"):
            assert m.add("I live in Porto.", user_id=user).job.state == "done"
            assert m.add(SAID, user_id=user).job.state == "pending"
        assert m.jobs(user_id="ada")[1].error.args[0].startswith("the day's budget for extraction is spent (usd_per_user_day: $0.0003)")
        assert m.add("I live in Lima.", user_id="eve").job.state == "done"


def test_answers_are_neither_stopped_nor_counted_in_the_budget(opened):
    with opened(Billed(lambda r: understands(r) if r.schema_name == "extraction" else "Porto."), budget={"tokens_per_day": 1500}) as m:
        chat = metered(m._stores.llm, m._stores, None, "chat")
        for _ in range(5):
            chat.complete(LLMRequest((Turn("user", "Where?"),)))
        assert m.add("I live in Porto.", user_id="ada").job.state == "done"
        assert m.add("I like figs.", user_id="ada").job.state == "done"
        assert m.add(SAID, user_id="ada").job.state == "pending"
        chat.complete(LLMRequest((Turn("user", "Where?"),)))
        assert {c.key: c.calls for c in m.costs(by="purpose")}["chat"] == 6


def test_messages_that_need_no_call_do_not_wait_for_money(opened):
    with opened(budget={"tokens_per_day": 0}) as m:
        assert m.add("Thanks!", user_id="ada").job.state == "done"
    with opened(budget={"tokens_per_day": 0}, extractor="rules") as m:
        assert m.add("I live in Porto.", user_id="ada").memories
