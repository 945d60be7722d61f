"""Spending: what model calls take is counted when it is paid, and a day's budget says when extraction has to wait.

`PaidCalls` is the ledger's log of replies: a reply and its tokens are written in one transaction, so that a crash loses both or neither,
and a reply read back costs nothing. `metered` counts calls that are not kept (answers). Amounts are those of `perdure.model.spending`.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast

from perdure.errors import BudgetError, ConfigError, LedgerError, ModelError
from perdure.model.base import EPOCH, iso, to_micros
from perdure.model.spending import BUDGETED, Budget, By, Cost, Price, Prices, Purpose, Usage
from perdure.ports import LLM, LLMReply, LLMRequest, SupportsStreaming
from perdure.stages.paid import billed, usage_of
from perdure.stages.stores import Stores

#: Characters a token has, when a stream was broken off and nobody said how many there were; a common rule of thumb for English.
CHARACTERS_PER_TOKEN = 4
#: Under this name a log keeps, besides replies, what a task was begun with.
BEGUN = "begun:"


def day_of(instant: datetime) -> int:
    """The day of UTC an instant lies in, counted from 1970-01-01."""
    return (instant.astimezone(UTC) - EPOCH).days


def next_day(instant: datetime) -> datetime:
    """When the next day of UTC begins."""
    return EPOCH + timedelta(days=day_of(instant) + 1)


# ---------------------------------------------------------------------- the budget
@dataclass(frozen=True, slots=True)
class Purse:
    """What may still be spent today; without a budget, anything."""

    prices: Prices = field(default_factory=lambda: Prices({}))
    budget: Budget | None = None

    def check(self, model: str | None) -> None:
        """Holds budget and prices against the model in use.

        Raises:
            ConfigError: a limit is in money, and nobody said what the model costs.
        """
        if self.budget is not None and self.budget.in_usd and model is not None and self.prices.of(model) is None:
            raise ConfigError(
                f"budget has a limit in USD, but {model} has no price. Say what it costs per million tokens: "
                f'prices={{"{model}": {{"input": …, "output": …}}}}, or give the limit in tokens.', setting="prices",
            )  # fmt: skip

    def spent(self, snapshot: Any, owner: int, now: datetime) -> BudgetError | None:
        """The limit that today's extractions have reached, of everybody or of this owner; None when there is room."""
        if self.budget is None:
            return None
        day = day_of(now)
        limits = (
            (None, "usd_per_day", self.budget.usd_per_day, "tokens_per_day", self.budget.tokens_per_day),
            (owner, "usd_per_user_day", self.budget.usd_per_user_day, "tokens_per_user_day", self.budget.tokens_per_user_day),
        )
        for whose, in_usd, usd, in_tokens, tokens in limits:
            if usd is None and tokens is None:
                continue
            rows = [u for _, u in snapshot.spending("model", owner=whose, since=day, until=day, purposes=BUDGETED)]
            if usd is not None and sum((self.prices.of(u.model) or Price(0, 0)).of(u) for u in rows) >= usd:
                return _reached(in_usd, f"${usd:,.2f}" if usd >= 0.01 or usd == 0 else f"${usd:g}", now)
            if tokens is not None and sum(u.input_tokens + u.output_tokens for u in rows) >= tokens:
                return _reached(in_tokens, f"{tokens:,.0f} tokens", now)
        return None


def _reached(limit: str, amount: str, now: datetime) -> BudgetError:
    return BudgetError(
        f"the day's budget for extraction is spent ({limit}: {amount}). Messages are kept and wait until {iso(next_day(now))}; "
        f"a larger budget.{limit} lets them through at once.", limit=limit,
    )  # fmt: skip


# ---------------------------------------------------------------------- replies that are kept
class PaidCalls:
    """The ledger's log of model replies for one owner (see `perdure.ports.CallLog`), which counts what they took.

    Args:
        stores: of the memory.
        owner: whose replies; their number.
        job: what they are counted for; "" for none.
        purse: what may be spent; None for anything.
    """

    def __init__(self, stores: Stores, owner: int, *, job: str = "", purse: Purse | None = None) -> None:
        self._stores, self._owner, self._job, self._purse = stores, owner, job, purse
        self._used: list[str] = []
        self._begun: str | None = None
        self._new: dict[str, LLMReply] = {}  # kept since: a snapshot taken before does not show them

    def get(self, key: str) -> LLMReply | None:
        """The reply that was paid for, if it was."""
        self._used.append(key)
        if key in self._new:
            return self._new[key]
        text = self._read(key)
        return LLMReply(**json.loads(text)) if text else None

    def put(self, key: str, reply: LLMReply) -> None:
        """Keeps a reply before anything is done with it."""
        self._write(key, reply, None)

    def put_counted(self, key: str, reply: LLMReply, usage: Usage) -> None:
        """Keeps a reply and counts it, in one transaction."""
        self._write(key, reply, usage)

    def count(self, usage: Usage) -> None:
        """Counts what was paid for nothing."""
        with self._stores.ledger.transaction() as tx:
            self._spend(tx, usage)

    def allow(self) -> None:
        """Returns if the budget has room.

        Raises:
            BudgetError: it is spent.
        """
        if self._purse is not None and self._purse.budget is not None:
            # No snapshot: whoever asks may be inside one, which does not see what was spent since it was taken.
            with self._stores.ledger.transaction() as tx:
                spent = self._purse.spent(tx, self._owner, self._stores.clock())
            if spent is not None:
                raise spent

    def begin(self, with_: dict[str, Any]) -> None:
        """What the job is begun with, to be kept with its first reply: taken up again, the job finds it as `begun`."""
        self._begun = json.dumps(with_)
        self._used.append(BEGUN + self._job)

    @property
    def begun(self) -> dict[str, Any] | None:
        """What the job was begun with when its first reply was paid for; None when none was."""
        text = self._read(BEGUN + self._job)
        return json.loads(text) if text else None

    def done(self, tx: Any) -> None:
        """Drops, in the transaction that makes use of them, the replies used: nobody will ask for them again."""
        tx.drop_calls(self._owner, self._used)

    def discard(self) -> None:
        """Drops the replies used so far: they proved to be of no use, and asking again is the only way on."""
        with self._stores.ledger.transaction() as tx:
            tx.drop_calls(self._owner, self._used)
        self._used.clear()
        self._new.clear()

    def _read(self, key: str) -> str | None:
        with self._stores.ledger.snapshot() as snapshot:
            return snapshot.call(self._owner, key)

    def _write(self, key: str, reply: LLMReply, usage: Usage | None) -> None:
        at = to_micros(self._stores.clock())
        with self._stores.ledger.transaction() as tx:
            if self._known(tx):
                if self._begun is not None:
                    tx.put_call(self._owner, BEGUN + self._job, self._begun, at)
                    self._begun = None
                tx.put_call(self._owner, key, json.dumps(asdict(reply)), at)
            if usage is not None:
                self._spend(tx, usage)
        self._new[key] = reply

    def _known(self, tx: Any) -> bool:
        """Whether owner and job are still there: what a model says of somebody who was forgotten meanwhile is not kept."""
        return tx.owner_key(self._owner) is not None and (not self._job or bool(tx.jobs(job_id=self._job)))

    def _spend(self, tx: Any, usage: Usage) -> None:
        known = self._known(tx)
        tx.spend(self._owner if known else 0, usage, day=day_of(self._stores.clock()), job=self._job if known else "")


# ---------------------------------------------------------------------- replies that are not kept
class Metered:
    """An LLM whose calls are counted for an owner; made by `metered`. Counting never makes a call fail."""

    def __init__(self, llm: LLM, stores: Stores, owner: int | None, purpose: Purpose) -> None:
        self._llm, self._stores, self._owner = llm, stores, owner or 0
        self._purpose: Purpose = purpose

    @property
    def name(self) -> str:
        """The name of the LLM behind it."""
        return self._llm.name

    def complete(self, request: LLMRequest) -> LLMReply:
        """The reply of the LLM behind it, counted.

        Raises:
            LLMTimeoutError, LLMUnavailableError: no reply.
        """
        try:
            reply = self._llm.complete(request)
        except ModelError as e:
            if (lost := billed(e)) is not None:
                self._count(lost)
            raise
        self._count(reply)
        return reply

    def _count(self, reply: LLMReply) -> None:
        # A full disk or a busy file must not take the answer away that was just paid for.
        with suppress(LedgerError), self._stores.ledger.transaction() as tx:
            known = self._owner and tx.owner_key(self._owner) is not None  # not somebody who was forgotten meanwhile
            tx.spend(self._owner if known else 0, usage_of(reply, self.name, self._purpose), day=day_of(self._stores.clock()))


class MeteredStream(Metered):
    """The same for an LLM that streams."""

    def stream(self, request: LLMRequest) -> Generator[str, None, LLMReply]:
        """The reply piece by piece; counted at its end, or by its length when the stream is broken off: that much was paid for."""
        said: list[str] = []
        whole: LLMReply | None = None
        pieces = cast("SupportsStreaming", self._llm).stream(request)
        try:
            while True:
                try:
                    piece = next(pieces)
                except StopIteration as end:
                    whole = end.value if isinstance(end.value, LLMReply) else None
                    break
                said.append(piece)
                yield piece
        finally:
            pieces.close()
            if whole is None and said:
                asked = sum(len(turn.content) for turn in request.turns)
                whole = LLMReply("".join(said), self.name, asked // CHARACTERS_PER_TOKEN, len("".join(said)) // CHARACTERS_PER_TOKEN)
            if whole is not None:
                self._count(whole)
        return whole or LLMReply("", self.name)


def metered(llm: LLM, stores: Stores, owner: int | None, purpose: Purpose) -> Metered:
    """`llm`, its calls counted.

    Args:
        llm: who is asked; if it streams, so does what is returned.
        stores: of the memory.
        owner: the number of whom it is counted for; None or 0 for nobody.
        purpose: what for.
    """
    return (MeteredStream if isinstance(llm, SupportsStreaming) else Metered)(llm, stores, owner, purpose)


# ---------------------------------------------------------------------- what it came to
def costs(
    stores: Stores, prices: Prices, by: By, *, owner: int | None = None, since: datetime | None = None, until: datetime | None = None
) -> list[Cost]:
    """What model calls took and cost, one row a key: days in order, everything else by what it cost, then by tokens, the most first.

    Args:
        stores: of the memory.
        prices: of models.
        by: what a row is.
        owner: of one owner; None for all.
        since, until: instants; the days they lie in are both included.
    """
    first, last = (None if at is None else day_of(at) for at in (since, until))
    with stores.ledger.snapshot() as snapshot:
        found = snapshot.spending(by, owner=owner, since=first, until=last)
        if by == "user":
            keys = {num: _name(snapshot.owner_key(num)) for num in dict.fromkeys(key for key, _ in found)}
        else:
            keys = {key: _day(key) if by == "day" else str(key) for key, _ in found}
    rows: dict[str, list[Usage]] = {}
    for key, usage in found:
        rows.setdefault(keys[key], []).append(usage)
    made = [_cost(key, usages, prices) for key, usages in rows.items()]
    if by == "day":
        return sorted(made, key=lambda c: c.key)
    return sorted(made, key=lambda c: (-(c.usd or 0), -(c.input_tokens + c.output_tokens), c.key))


def _cost(key: str, usages: Sequence[Usage], prices: Prices) -> Cost:
    priced = [(price, u) for u in usages if (price := prices.of(u.model)) is not None]
    return Cost(
        key, sum(u.calls for u in usages), sum(u.input_tokens for u in usages), sum(u.cached_tokens for u in usages),
        sum(u.output_tokens for u in usages), sum(price.of(u) for price, u in priced) if priced else None,
        tuple(sorted({u.model for u in usages if prices.of(u.model) is None})),
    )  # fmt: skip


def _day(number: int) -> str:
    return (date(1970, 1, 1) + timedelta(days=number)).isoformat()


def _name(owner: tuple[str, str] | None) -> str:
    if owner is None:
        return ""
    kind, key = owner
    return key if kind == "user" else f"{kind}_id={key}"
