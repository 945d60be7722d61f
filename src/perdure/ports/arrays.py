"""What a read may see of one owner, as arrays, and what a channel found in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from perdure.model.search import View

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]
    Ints = NDArray[np.int64]
    SmallInts = NDArray[np.int32]
    TinyInts = NDArray[np.int8]
    Bools = NDArray[np.bool_]


class Columns(Protocol):
    """One owner's documents as arrays in ascending order of document number; a *position* is an index into them.

    A document is a message or a memory's text. A *row* is a message or one version of a memory; a document has one row for
    each version that kept its text. Instants are microseconds since 1970 UTC. `words` counts index terms, repeats included.
    `revision` and `epoch` say how far the arrays follow the ledger: an erasure raises the epoch, and caches start again.
    `positions` gives -1 for unknown documents. `session` and `speaker` are small codes of this owner's, 0 for none; `speakers` names
    the speakers of messages, folded, by code. `role` is 1 + the place in `perdure.model.message.ROLES` for a message, 0 for a memory.
    `asks`: the percentage of a text that only asks; -1 for a standing instruction.

    Per row: `weight` is the confidence in it, 0..1, and less for what matters little (importance below 0.4); `row_kind` 0 for a message,
    else 1 + the place in `perdure.model.memory.ALL_KINDS`;
    `row_times` of from, to, recorded, retired or expires, the largest int64 for never; `version` the number of the memory version
    behind it, for `Snapshot.versions`. `select`: what a view may see, by scope (`perdure.model.scope.sees`), times, status and kinds.
    """

    @property
    def owner(self) -> int: ...
    @property
    def revision(self) -> int: ...
    @property
    def epoch(self) -> int: ...
    def __len__(self) -> int: ...
    @property
    def docs(self) -> Ints: ...
    @property
    def said_at(self) -> Ints: ...
    @property
    def words(self) -> SmallInts: ...
    @property
    def session(self) -> SmallInts: ...
    @property
    def speaker(self) -> SmallInts: ...
    @property
    def speakers(self) -> Mapping[int, str]: ...
    @property
    def role(self) -> TinyInts: ...
    @property
    def asks(self) -> TinyInts: ...
    @property
    def is_memory(self) -> Bools: ...
    @property
    def weight(self) -> Floats: ...
    @property
    def row_kind(self) -> TinyInts: ...
    def row_times(self, name: str) -> Ints: ...
    def version(self, row: int) -> int: ...
    def positions(self, docs: Any) -> Ints: ...
    def select(self, view: View) -> Selection: ...


class Selection(Protocol):
    """What a view may see of one owner; arrays over the owner's positions unless said otherwise.

    `mask`: what it may see. `row_of`: the row it sees of each document, or -1. `stale`: messages whose every statement has been
    superseded; `struck`: those a part of which was deleted. `edge_message`, `edge_memory`, `edge_share` run parallel: a message's
    position, that of a memory drawn from it, and the percentage of it quoted. `narrowed` lets through only what `allowed` does as well.
    """

    @property
    def columns(self) -> Columns: ...
    @property
    def mask(self) -> Bools: ...
    @property
    def row_of(self) -> Ints: ...
    @property
    def stale(self) -> Bools: ...
    @property
    def struck(self) -> Bools: ...
    @property
    def edge_message(self) -> Ints: ...
    @property
    def edge_memory(self) -> Ints: ...
    @property
    def edge_share(self) -> Ints: ...
    def narrowed(self, allowed: Bools) -> Selection: ...


@dataclass(frozen=True, slots=True)
class Found:
    """What one channel found in one owner: documents and raw scores, best first.

    `ceiling`: the score a perfect match would have had, for channels whose scale depends on the question (text).
    `details`: in words, per document, where there is something to say (a slot, a path). `every`: the raw score of each
    position of the owner's columns, from stores that compute them all anyway; fusion then knows both scores of what only
    one channel put forward. `rarity`: inverse document frequency by query term, from the text channel.
    """

    docs: Ints
    scores: Floats
    ceiling: float = 1.0
    details: Mapping[int, str] = field(default_factory=dict[int, str])
    every: Floats | None = None
    rarity: Mapping[str, float] = field(default_factory=dict[str, float])
