"""Columns: what ranking needs of one owner's messages and memories, as numpy arrays that follow the ledger.

Filling one Python object per row would make every search pay for the size of the scope. Here a search over 50,000 rows is
a dozen vectorised comparisons. The arrays are a cache: a snapshot fills them with the rows whose revision is above theirs.

A *position* is a document's place in these arrays, in order of its ledger number (`docs` is sorted). A *row* is one
version of a memory, or a message; a document has one row for each version that kept its text.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perdure.model.base import to_micros
from perdure.model.memory import ALL_KINDS, SUMMARY
from perdure.model.message import ROLES
from perdure.model.search import View

FAR = np.iinfo(np.int64).max
LIVE, SUPERSEDED, RETRACTED, DELETED = 0, 1, 2, 3
STATUS = {"live": LIVE, "superseded": SUPERSEDED, "retracted": RETRACTED, "deleted": DELETED}
KIND = {kind: n + 1 for n, kind in enumerate(ALL_KINDS)}  # 0 is a message
ROLE = {role: n + 1 for n, role in enumerate(ROLES)}  # 0 is a memory
#: A memory whose quotes cover at least this share of a message speaks for all of it: deleting it hides the message.
COVERS = 60

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


class Grow:
    """A numpy array that can be appended to in amortised constant time."""

    def __init__(self, dtype: Any) -> None:
        self._data: NDArray[Any] = np.zeros(64, dtype=dtype)
        self.n = 0

    def extend(self, values: NDArray[Any]) -> None:
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


#: Selections kept of an owner: what the application reads with, and what consolidation reads with.
KEPT = 2
_NONE = np.zeros(0, dtype=np.int64)
#: Rows turned into arrays at a time: as Python objects a row takes a kilobyte.
BATCH = 4096


def _open(values: Iterable[int | None]) -> list[int]:
    return [FAR if v is None else v for v in values]


def _batches(rows: Iterable[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    reading = iter(rows)
    while part := list(islice(reading, BATCH)):
        yield part


def _places(ascending: Ints, wanted: Ints) -> Ints:
    """Where each of `wanted` stands; -1 where it does not."""
    if not len(ascending):
        return np.full(len(wanted), -1, dtype=np.int64)
    at: Ints = np.minimum(np.searchsorted(ascending, wanted), len(ascending) - 1)
    return np.where(ascending[at] == wanted, at, -1)


def _joined(parts: list[Ints], columns: int) -> Ints:
    return np.concatenate(parts, axis=1) if parts else np.zeros((columns, 0), dtype=np.int64)


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
        self._kind, self._role, self._asks = Grow(np.int8), Grow(np.int8), Grow(np.int8)
        self._speakers: dict[int, str] = {}
        self._row_pos = Grow(np.int64)
        self._times = {name: Grow(np.int64) for name in ("from", "to", "recorded", "retired", "expires")}
        self._status, self._row_kind = Grow(np.int8), Grow(np.int8)
        self._private = Grow(np.bool_)
        self._agent, self._row_session = Grow(np.int32), Grow(np.int32)
        self._num = Grow(np.int64)
        self._weight = Grow(np.float32)
        self._edge_row, self._edge_message, self._edge_share = Grow(np.int64), Grow(np.int64), Grow(np.int16)
        self._first_row = Grow(np.int64)
        self._ends = Grow(np.int64)  # when something ends or expires
        self._filled = 0  # how often; a selection that is kept holds for one
        self._kept: dict[Any, tuple[int, int, Selection]] = {}
        self._version_num, self._version_row = Grow(np.int64), Grow(np.int64)  # ascending numbers, and the row of each

    # ------------------------------------------------------------------ filling
    def code(self, text: str | None) -> int:
        """A small integer for an agent, session or speaker; 0 for none."""
        return 0 if text is None else self._codes.setdefault(text, len(self._codes) + 1)

    def known_code(self, text: str | None) -> int:
        """Like `code`, but -1 for what was never seen."""
        return 0 if text is None else self._codes.get(text, -1)

    def fill(self, messages: Iterable[tuple[Any, ...]], versions: Iterable[tuple[Any, ...]]) -> None:
        """Takes in rows that are new or have changed. They are read a few thousand at a time, so that a cursor will do.

        Args:
            messages: (doc, said_at, recorded_at, agent_id, session_id, private, speaker, words, role, asks).
            versions: (num, doc, said_at, valid_from, valid_to, recorded_at, retired_at, expires_at, status, kind, agent_id, session_id,
                private, subject, words, drawn, weight); `drawn` is "doc:percent doc:percent …", the messages it quotes.
        """
        self._filled += 1
        self._kept.clear()
        m = _joined([self._message_arrays(part) for part in _batches(messages)], 10)
        parts = [self._version_arrays(part) for part in _batches(versions)]
        v = _joined([numbers for numbers, _, _ in parts], 16)
        last = int(self._docs.view[-1]) if self._docs.n else -1
        doc, version = np.concatenate([m[0], v[1]]), np.concatenate([np.zeros_like(m[0]), v[0]])
        order = np.lexsort((version, doc))  # a message is not a memory's text; of a text's versions the first
        first = order[np.diff(doc[order], prepend=-1) > 0]
        first = first[doc[first] > last]
        if len(first):
            kinds, none = np.concatenate([np.zeros_like(m[0]), v[9]]), np.zeros_like(v[9])
            for grow, values in (
                (self._docs, doc), (self._said, np.concatenate([m[1], v[2]])), (self._words, np.concatenate([m[7], v[14]])),
                (self._session, np.concatenate([m[4], v[11]])), (self._speaker, np.concatenate([m[6], v[13]])), (self._kind, kinds),
                (self._role, np.concatenate([m[8], none])), (self._asks, np.concatenate([m[9], none])),
            ):  # fmt: skip
                grow.extend(values[first])
            self._first_row.extend(np.full(len(first), -1))
        self._fill_messages(m)
        self._fill_versions(v, *(np.concatenate([p[i] for p in parts]) if parts else _NONE for i in (1, 2)))

    def _message_arrays(self, rows: Sequence[tuple[Any, ...]]) -> Ints:
        doc, said, recorded, agent, session, private, speaker, words, role, asks = zip(*rows, strict=True)
        codes = [[self.code(x) for x in column] for column in (agent, session, speaker)]
        for code, name in set(zip(codes[2], speaker, strict=True)):
            self._speakers.setdefault(code, name.casefold())
        roles = [ROLE[r] for r in role]
        return np.array([doc, said, recorded, codes[0], codes[1], private, codes[2], words, roles, asks], dtype=np.int64)

    def _version_arrays(self, rows: Sequence[tuple[Any, ...]]) -> tuple[Ints, NDArray[Any], Ints]:
        """Numbers, one row a column; weights; and (document, percent) of what is quoted, one pair after the other."""
        (num, doc, said, start, to, recorded, retired, expires, status, kind, agent, session, private, subject, words, drawn,
         weight) = zip(*rows, strict=True)  # fmt: skip
        numbers = np.array(
            [
                num, doc, said, start, _open(to), recorded, _open(retired), _open(expires), [STATUS[s] for s in status],
                [KIND[k] for k in kind], [self.code(a) for a in agent], [self.code(s) for s in session], private,
                [self.code(s) for s in subject], words, [d.count(":") for d in drawn],
            ], dtype=np.int64,
        )  # fmt: skip
        pairs = " ".join(drawn).replace(":", " ").split()
        return numbers, np.array(weight, dtype=np.float32), np.array(pairs, dtype=np.int64)

    def _fill_messages(self, m: Ints) -> None:
        pos = self.positions(m[0])
        row = self._first_row.view[pos]
        known = row >= 0  # the only thing about a message that may change: extraction found it to be private
        self._private.view[row[known]] = m[5][known]
        pos, m = pos[~known], m[:, ~known]
        n = len(pos)
        self._first_row.view[pos] = np.arange(self._row_pos.n, self._row_pos.n + n)
        far, none = np.full(n, FAR), np.zeros(n, dtype=np.int64)
        self._append_rows(pos, m[1], far, m[2], far, far, none + LIVE, none, m[5], m[3], m[4], none, np.ones(n))

    def _fill_versions(self, v: Ints, weight: NDArray[Any], pairs: Ints) -> None:
        at = _places(self._version_num.view, v[0])
        known = at >= 0  # the only thing about a version that may change is when it was retired
        self._times["retired"].view[self._version_row.view[at[known]]] = v[6][known]
        version_of_pair = np.repeat(np.arange(len(known)), v[15])
        new = np.flatnonzero(~known)[np.argsort(v[0][~known], kind="stable")]
        row = np.full(len(known), -1)
        row[new] = np.arange(self._row_pos.n, self._row_pos.n + len(new))
        v, weight = v[:, new], weight[new]
        pos = self.positions(v[1])
        self._version_num.extend(v[0])
        self._version_row.extend(np.arange(self._row_pos.n, self._row_pos.n + len(pos)))
        np.maximum.at(self._said.view, pos, v[2])
        self._append_rows(pos, v[3], v[4], v[5], v[6], v[7], v[8], v[9], v[12], v[10], v[11], v[0], weight)
        edge_row, (message, share) = row[version_of_pair], pairs.reshape(-1, 2).T
        message = self.positions(message)
        there = (edge_row >= 0) & (message >= 0)  # a message that is not there was erased
        self._edge_row.extend(edge_row[there])
        self._edge_message.extend(message[there])
        self._edge_share.extend(share[there])

    def _append_rows(
        self, pos: Any, start: Any, to: Any, recorded: Any, retired: Any, expires: Any, status: Any, kind: Any, private: Any,
        agent: Any, session: Any, num: Any, weight: Any,
    ) -> None:  # fmt: skip
        self._row_pos.extend(pos)
        self._ends.extend(np.concatenate([to[to < FAR], expires[expires < FAR]]))
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
    def speakers(self) -> Mapping[int, str]:
        """Code to the folded name, or role, of who said a message."""
        return self._speakers

    @property
    def role(self) -> NDArray[np.int8]:
        """`ROLE` of a message, 0 for a memory."""
        return self._role.view

    @property
    def asks(self) -> NDArray[np.int8]:
        """The percentage of a message's words that only ask; -1 for a standing instruction."""
        return self._asks.view

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
        return _places(self._docs.view, np.asarray(docs, dtype=np.int64))

    def select(self, view: View) -> Selection:
        """What `view` may see here: scope, both times, status, expiry, kinds. The vectorised twin of `model.scope.sees`.

        Kept until something is written or ends, for the next read of the same view.
        """
        key = (view.scope, view.as_of, view.known_at, view.kinds, view.messages, view.memories)
        now = to_micros(view.as_of or view.now)
        with self.lock:
            kept = self._kept.get(key)
            if kept is not None and kept[0] <= now < kept[1]:
                return kept[2]
            filled = self._filled
        selection = self._select(view)
        ends = self._ends.view
        until = int(ends[ends > now].min(initial=FAR))
        with self.lock:
            if filled == self._filled:
                if len(self._kept) >= KEPT:
                    self._kept.pop(next(iter(self._kept)))
                self._kept[key] = (now, until, selection)
        return selection

    def _select(self, view: View) -> Selection:
        with self.lock:
            n = self._docs.n
            pos, num_rows = self._row_pos.view, self._row_pos.n
            t = {name: g.view for name, g in self._times.items()}
            status, kind, private = self._status.view, self._row_kind.view, self._private.view
            agent, session = self._agent.view, self._row_session.view
            edge_row, message, edge_share = self._edge_row.view, self._edge_message.view, self._edge_share.view
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
        summary = kind == KIND[SUMMARY]
        if SUMMARY not in view.kinds:  # it repeats what others say, and is read by those who ask for it
            ok &= ~summary
        if view.kinds:
            wanted = np.zeros(len(ALL_KINDS) + 1, dtype=bool)
            wanted[[KIND[k] for k in view.kinds]] = True
            shown = ok & wanted[kind]
        else:
            shown = ok if view.messages and view.memories else ok & ((kind == 0) if view.messages else (kind > 0))
        row_of = np.full(n, -1, dtype=np.int64)
        rows = np.flatnonzero(shown)
        row_of[pos[rows]] = rows
        held = known[edge_row] & ~summary[edge_row]
        edge_row, edge_share, message = edge_row[held], edge_share[held], message[held]
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
