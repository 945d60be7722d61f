"""Columns: what ranking needs of one owner's messages and memories, as numpy arrays that follow the ledger.

Filling one Python object per row would make every search pay for the size of the scope. Here a search over 50,000 rows is
a dozen vectorised comparisons. The arrays are a cache: a snapshot fills them with the rows whose revision is above theirs.

A *position* is a document's place in these arrays, in order of its ledger number (`docs` is sorted). A *row* is one
version of a memory, or a message; a document has one row for each version that kept its text.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perdure.model.base import to_micros
from perdure.model.memory import KINDS
from perdure.model.search import View

FAR = np.iinfo(np.int64).max
LIVE, SUPERSEDED, RETRACTED, DELETED = 0, 1, 2, 3
STATUS = {"live": LIVE, "superseded": SUPERSEDED, "retracted": RETRACTED, "deleted": DELETED}
KIND = {kind: n + 1 for n, kind in enumerate(KINDS)}  # 0 is a message
#: A memory whose quotes cover at least this share of a message speaks for all of it: deleting it hides the message.
COVERS = 60

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


class Grow:
    """A numpy array that can be appended to in amortised constant time."""

    def __init__(self, dtype: Any) -> None:
        self._data: NDArray[Any] = np.zeros(64, dtype=dtype)
        self.n = 0

    def extend(self, values: Sequence[Any]) -> None:
        """Appends `values`."""
        end = self.n + len(values)
        if end > len(self._data):
            bigger = np.zeros(max(end, len(self._data) * 3 // 2), dtype=self._data.dtype)
            bigger[: self.n] = self._data[: self.n]
            self._data = bigger
        self._data[self.n : end] = values
        self.n = end

    @property
    def view(self) -> NDArray[Any]:
        """What has been appended, without a copy."""
        return self._data[: self.n]


def _open(values: Iterable[int | None]) -> list[int]:
    return [FAR if v is None else v for v in values]


@dataclass(frozen=True, slots=True)
class Selection:
    """What a view selects of one owner.

    `row_of` (n documents): the row that is visible, or -1. `stale` marks messages whose every statement has been superseded, `struck`
    those a part of which was deleted.
    `edges`: (message position, memory position) pairs among what is visible or known, and the share covered, in percent.
    """

    columns: Columns
    mask: Bools
    row_of: Ints
    stale: Bools
    struck: Bools
    edge_message: Ints
    edge_memory: Ints
    edge_share: Ints

    def narrowed(self, allowed: Bools) -> Selection:
        """The same, restricted further."""
        mask = self.mask & allowed
        return replace(self, mask=mask, row_of=np.where(mask, self.row_of, -1))


class Columns:
    """The arrays of one owner between two erasures (`epoch`): they only grow, so many threads may read while one fills.

    A reader must take no more of an array than its selection's mask is long: the rest arrived after it.
    """

    def __init__(self, owner: int, kind: str, epoch: int) -> None:
        self.owner, self.kind, self.epoch, self.revision = owner, kind, epoch, -1
        self.lock = threading.Lock()
        self._codes: dict[str, int] = {}
        self._docs, self._said = Grow(np.int64), Grow(np.int64)
        self._words, self._session, self._speaker = Grow(np.int32), Grow(np.int32), Grow(np.int32)
        self._kind = Grow(np.int8)
        self._row_pos = Grow(np.int64)
        self._times = {name: Grow(np.int64) for name in ("from", "to", "recorded", "retired", "expires")}
        self._status, self._row_kind = Grow(np.int8), Grow(np.int8)
        self._private = Grow(np.bool_)
        self._agent, self._row_session = Grow(np.int32), Grow(np.int32)
        self._num = Grow(np.int64)
        self._weight = Grow(np.float32)
        self._edge_row, self._edge_doc, self._edge_share = Grow(np.int64), Grow(np.int64), Grow(np.int16)
        self._first_row = Grow(np.int64)
        self._row_by_num: dict[int, int] = {}

    # ------------------------------------------------------------------ filling
    def code(self, text: str | None) -> int:
        """A small integer for an agent, session or speaker; 0 for none."""
        return 0 if text is None else self._codes.setdefault(text, len(self._codes) + 1)

    def known_code(self, text: str | None) -> int:
        """Like `code`, but -1 for what was never seen."""
        return 0 if text is None else self._codes.get(text, -1)

    def fill(self, messages: Sequence[tuple[Any, ...]], versions: Sequence[tuple[Any, ...]]) -> None:
        """Takes in rows that are new or have changed.

        Args:
            messages: (doc, said_at, recorded_at, agent_id, session_id, private, speaker, words).
            versions: (num, doc, said_at, valid_from, valid_to, recorded_at, retired_at, expires_at, status, kind, agent_id, session_id,
                private, subject, words, drawn, weight), by num; `drawn` is "doc:percent doc:percent …", the messages it quotes.
        """
        last = int(self._docs.view[-1]) if self._docs.n else -1
        fresh = {r[0]: (r[0], r[1], r[7], self.code(r[4]), self.code(r[6]), 0) for r in messages if r[0] > last}
        for r in versions:
            if r[1] > last and r[1] not in fresh:
                fresh[r[1]] = (r[1], r[2], r[14], self.code(r[11]), self.code(r[13]), KIND[r[9]])
        if fresh:
            columns = zip(*(fresh[doc] for doc in sorted(fresh)), strict=True)
            for grow, values in zip((self._docs, self._said, self._words, self._session, self._speaker, self._kind), columns, strict=True):
                grow.extend(values)
            self._first_row.extend([-1] * len(fresh))
        self._fill_messages(messages)
        self._fill_versions(versions)

    def _fill_messages(self, messages: Sequence[tuple[Any, ...]]) -> None:
        if not messages:
            return
        pos = self.positions([m[0] for m in messages])
        first = self._first_row.view
        for p, m in zip(pos.tolist(), messages, strict=True):
            if first[p] >= 0:  # the only thing about a message that may change: extraction found it to be private
                self._private.view[first[p]] = m[5]
        new = [(p, m) for p, m in zip(pos.tolist(), messages, strict=True) if first[p] < 0]
        if not new:
            return
        n, row = len(new), self._row_pos.n
        first[[p for p, _ in new]] = range(row, row + n)
        _, said, recorded, agent, session, private, _, _ = zip(*(m for _, m in new), strict=True)
        self._append_rows(
            [p for p, _ in new], said, [FAR] * n, recorded, [FAR] * n, [FAR] * n, [LIVE] * n, [0] * n, private,
            [self.code(a) for a in agent], [self.code(s) for s in session], [0] * n, [1.0] * n,
        )  # fmt: skip

    def _fill_versions(self, versions: Sequence[tuple[Any, ...]]) -> None:
        new: list[tuple[Any, ...]] = []
        for r in versions:
            row = self._row_by_num.get(r[0])
            if row is None:
                self._row_by_num[r[0]] = self._row_pos.n + len(new)
                new.append(r)
            else:  # the only thing about a version that may change
                self._times["retired"].view[row] = FAR if r[6] is None else r[6]
        if not new:
            return
        row = self._row_pos.n
        num, doc, said, start, to, recorded, retired, expires, status, kind, agent, session, private, _, _, drawn, weight = zip(
            *new, strict=True
        )
        pos = self.positions(doc)
        np.maximum.at(self._said.view, pos, np.asarray(said, dtype=np.int64))
        self._append_rows(
            pos, start, _open(to), recorded, _open(retired), _open(expires), [STATUS[s] for s in status], [KIND[k] for k in kind],
            private, [self.code(a) for a in agent], [self.code(s) for s in session], num, weight,
        )  # fmt: skip
        edges = [(row + i, *pair.split(":")) for i, pairs in enumerate(drawn) for pair in pairs.split()]
        if edges:
            edge_row, edge_doc, edge_share = zip(*edges, strict=True)
            self._edge_row.extend(edge_row)
            self._edge_doc.extend([int(d) for d in edge_doc])
            self._edge_share.extend([int(s) for s in edge_share])

    def _append_rows(
        self, pos: Any, start: Any, to: Any, recorded: Any, retired: Any, expires: Any, status: Any, kind: Any, private: Any,
        agent: Any, session: Any, num: Any, weight: Any,
    ) -> None:  # fmt: skip
        self._row_pos.extend(pos)
        for name, values in (("from", start), ("to", to), ("recorded", recorded), ("retired", retired), ("expires", expires)):
            self._times[name].extend(values)
        self._status.extend(status)
        self._row_kind.extend(kind)
        self._private.extend(private)
        self._agent.extend(agent)
        self._row_session.extend(session)
        self._num.extend(num)
        self._weight.extend(weight)

    # ------------------------------------------------------------------ reading
    def __len__(self) -> int:
        return self._docs.n

    @property
    def docs(self) -> Ints:
        """Document numbers, ascending."""
        return self._docs.view

    @property
    def said_at(self) -> Ints:
        """When a message was said, or the newest source of a memory; microseconds."""
        return self._said.view

    @property
    def words(self) -> NDArray[np.int32]:
        """Index terms in the document, repeats included."""
        return self._words.view

    @property
    def session(self) -> NDArray[np.int32]:
        """Code of the session; 0 for none."""
        return self._session.view

    @property
    def speaker(self) -> NDArray[np.int32]:
        """Code of the speaker of a message, of the subject of a memory."""
        return self._speaker.view

    @property
    def is_memory(self) -> Bools:
        """Whether the document is a memory's text (else a message's)."""
        return self._kind.view > 0

    def version(self, row: int) -> int:
        """The ledger's number of the memory version behind a row."""
        return int(self._num.view[row])

    def row_times(self, name: str) -> Ints:
        """Per row: from, to, recorded, retired or expires."""
        return self._times[name].view

    @property
    def weight(self) -> NDArray[np.float32]:
        """Per row: confidence in 0..1, lowered for what the assistant or a tool said."""
        return self._weight.view

    @property
    def row_status(self) -> NDArray[np.int8]:
        """Per row: LIVE, SUPERSEDED, RETRACTED or DELETED."""
        return self._status.view

    @property
    def row_kind(self) -> NDArray[np.int8]:
        """Per row: 0 for a message, else `KIND`."""
        return self._row_kind.view

    def positions(self, docs: Any) -> Ints:
        """Positions of `docs`; -1 where unknown."""
        wanted = np.asarray(docs, dtype=np.int64)
        mine = self._docs.view
        if not len(mine):
            return np.full(len(wanted), -1, dtype=np.int64)
        pos = np.minimum(np.searchsorted(mine, wanted), len(mine) - 1)
        return np.where(mine[pos] == wanted, pos, -1)

    def select(self, view: View) -> Selection:
        """What `view` may see here: scope, both times, status, expiry, kinds. The vectorised twin of `model.scope.sees`."""
        with self.lock:
            n = self._docs.n
            pos, num_rows = self._row_pos.view, self._row_pos.n
            t = {name: g.view for name, g in self._times.items()}
            status, kind, private = self._status.view, self._row_kind.view, self._private.view
            agent, session = self._agent.view, self._row_session.view
            edge_row, edge_doc, edge_share = self._edge_row.view, self._edge_doc.view, self._edge_share.view
        if not num_rows:
            none, no = np.zeros(0, dtype=np.int64), np.zeros(n, dtype=bool)
            return Selection(self, no, np.full(n, -1, dtype=np.int64), no, no, none, none, none)
        now = to_micros(view.as_of or view.now)
        if view.known_at is None:
            known = t["retired"] == FAR
        else:
            then = to_micros(view.known_at)
            known = (t["recorded"] <= then) & (then < t["retired"])
        known &= self._in_scope(view, agent, session, private)
        ok = known & (t["expires"] > now) & (t["to"] > now) & (status <= SUPERSEDED)
        if view.as_of is not None:
            ok &= t["from"] <= now
        else:
            ok &= (status == LIVE) | (t["to"] != FAR)
        if view.kinds:
            wanted = np.zeros(len(KINDS) + 1, dtype=bool)
            wanted[[KIND[k] for k in view.kinds]] = True
            shown = ok & wanted[kind]
        else:
            shown = ok if view.messages and view.memories else ok & ((kind == 0) if view.messages else (kind > 0))
        row_of = np.full(n, -1, dtype=np.int64)
        rows = np.flatnonzero(shown)
        row_of[pos[rows]] = rows
        held = known[edge_row]
        edge_row, edge_share, message = edge_row[held], edge_share[held], self.positions(edge_doc[held])
        there = message >= 0
        edge_row, edge_share, message = edge_row[there], edge_share[there], message[there]
        visible, edge_status, covers = ok[edge_row], status[edge_row], edge_share >= COVERS
        alive, stale, struck = (np.zeros(n, dtype=bool) for _ in range(3))
        alive[message[visible]] = True
        stale[message[covers & ~visible & (edge_status >= SUPERSEDED)]] = True
        struck[message[edge_status == DELETED]] = True
        row_of[message[covers & (edge_status == DELETED) & ~alive[message]]] = -1  # what was deleted is all the message said
        return Selection(
            columns=self, mask=row_of >= 0, row_of=row_of, stale=stale & ~alive, struck=struck, edge_message=message[visible],
            edge_memory=pos[edge_row[visible]], edge_share=edge_share[visible].astype(np.int64),
        )  # fmt: skip

    def _in_scope(self, view: View, agent: Any, session: Any, private: Bools) -> Bools:
        scope = view.scope
        mine_agent, mine_session = self.known_code(scope.agent_id), self.known_code(scope.session_id)
        bound = private if self.kind != "session" else np.ones(len(private), dtype=bool)
        ok = ~bound | (session == 0) | (session == mine_session if scope.session_id is not None else False)
        if scope.agent_id is not None:
            ok &= (agent == 0) | (agent == mine_agent)
        if not (self.kind == "user" and scope.user_id is not None):
            shared = np.zeros(len(ok), dtype=bool)
            if scope.agent_id is not None:
                shared |= agent == mine_agent
            if scope.session_id is not None:
                shared |= session == mine_session
            ok &= shared
        return ok
