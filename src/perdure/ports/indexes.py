"""Projections: the vector, text, graph and key-value indexes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from perdure.model.memory import MemoryRecord
from perdure.ports.arrays import Found, Selection
from perdure.ports.ledger import Snapshot, Transaction

if TYPE_CHECKING:
    from perdure.ports.arrays import Floats


class SharesLedger(Protocol):
    """Whether an index's rows live in the ledger's own store and change in its transactions.

    Where they do, the index reaches its tables through the transaction's own driver connection (`snapshot.connection`, which
    the ledger of the same store provides and no stage touches). Where they do not, a commit leaves the documents in the dirty
    set under the index's `name`, and `put` is called later.
    """

    def shares_ledger(self) -> bool: ...


class Index(SharesLedger, Protocol):
    """What every projection has. It holds ids and scores of one owner at a time and can be dropped and rebuilt.

    What removes returns how many rows went.
    """

    @property
    def name(self) -> str: ...
    def remove_owner(self, tx: Transaction, owner: int) -> int: ...


class VectorIndex(Index, Protocol):
    """Nearest neighbours by cosine. Vectors are float32 of unit length and `dimensions` long; a document may have several chunks.

    `put` takes an array of shape (chunks, dimensions) for each document and replaces what was there; `vectors` gives each
    document's first chunk. Searches forget what was removed with the next `revise(erased=True)`.
    """

    def prepare(self, tx: Transaction) -> bool:
        """Makes room for the embedder's vectors on first use; True when every document is yet to be embedded.

        That is so on first use, and when another embedder has been in use since.

        Raises:
            ConfigError: the embedder of this name had another number of dimensions.
        """
        ...

    def put(self, tx: Transaction, owner: int, revision: int, vectors: Mapping[int, Floats]) -> None: ...
    def remove(self, tx: Transaction, docs: Sequence[int]) -> int: ...
    def docs(self, snapshot: Snapshot, owner: int) -> set[int]: ...
    def vectors(self, snapshot: Snapshot, docs: Sequence[int]) -> dict[int, Floats]: ...
    def search(self, snapshot: Snapshot, query: Floats, selection: Selection, limit: int) -> Found:
        """The `limit` documents of the selection nearest to `query` (shape (dimensions,), unit length), with their cosines.

        A document counts by its nearest chunk. Equal cosines stand in order of document number.

        Raises:
            ConfigError: `query` has another number of dimensions.
        """
        ...


@runtime_checkable
class KeepsTokens(Protocol):
    """A vector index that also keeps codes of a text's tokens, for late interaction.

    A code is one row of dimensions / 8 bytes (rounded up) a token: bit i is set where component i of the token's state is above 0.
    Codes go with their document's vectors: what removes these removes those.
    """

    def put_tokens(self, tx: Transaction, owner: int, codes: Mapping[int, bytes]) -> None: ...
    def tokens(self, snapshot: Snapshot, docs: Sequence[int]) -> dict[int, bytes]: ...


class TextIndex(Index, Protocol):
    """Words, ranked by BM25 with the statistics of one owner. Terms come analysed (`perdure.rules.words.terms`), with counts.

    A document is removed with the terms it was stored with.
    """

    def put(self, tx: Transaction, owner: int, revision: int, terms: Mapping[int, Mapping[str, int]]) -> None: ...
    def remove(self, tx: Transaction, owner: int, terms: Mapping[int, Mapping[str, int]]) -> int: ...
    def docs(self, snapshot: Snapshot, owner: int) -> dict[int, dict[str, int]]: ...
    def search(self, snapshot: Snapshot, terms: Mapping[str, float], selection: Selection, limit: int) -> Found:
        """The `limit` documents of the selection with the highest BM25 above 0 for weighted query terms.

        `Found.ceiling` is the score of an imaginary document that holds every term often and nothing else: no score exceeds it.
        `Found.rarity` holds the inverse document frequency of every term, also of those that no document has.
        Equal scores stand in order of document number.
        """
        ...


class RecordIndex(Index, Protocol):
    """A projection of what memories claim. Keys of entities are `perdure.model.graph.entity_key`s; instants are microseconds.

    `rows` (what is there) and `expected` (what current versions call for) are compared by `verify`. `put` stores what a memory's
    current version claims in place of the version before; nothing when it is retracted or deleted.
    """

    def put(self, tx: Transaction, owner: int, record: MemoryRecord) -> None: ...
    def remove(self, tx: Transaction, memory_ids: Sequence[str]) -> int: ...
    def rows(self, snapshot: Snapshot, owner: int) -> set[tuple[Any, ...]]: ...
    def expected(self, owner: int, records: Sequence[MemoryRecord]) -> set[tuple[Any, ...]]: ...


#: (subject key, relation, object key, document, memory, valid_from, valid_to), the instants in microseconds.
Edge = tuple[str, str, str, int, str, int, int | None]


class GraphIndex(RecordIndex, Protocol):
    """Entities mentioned and relations stated, each with the memory that proves it.

    `entities`: key, also an alias's, to (name, type, other names). `mentions`: documents of memories that mention an entity, and
    `edges` at it, either way; newest first, a hub's may be cut.
    """

    def entities(self, snapshot: Snapshot, owner: int, keys: Sequence[str]) -> dict[str, tuple[str, str, list[str]]]: ...
    def mentions(self, snapshot: Snapshot, owner: int, key: str) -> list[int]: ...
    def edges(self, snapshot: Snapshot, owner: int, key: str) -> list[Edge]: ...


#: (key, name, type, 1 when the key is an alias of the name, document) of an entity that a memory mentions.
Mention = tuple[str, str, str, int, int]


@runtime_checkable
class FindsNames(Protocol):
    """A graph index that tells which entities go by a name, so that names met in writing can be led to them.

    `called`: those that go by any of some keys, of each key the newest mentions first, a hub's cut; `beginning`: whose key begins with a
    word and goes on; `every`: all. `claiming`: ids of all memories that mention an entity by a key or state a relation of it, oldest
    first. `joined`: whether a relation joins two entities.
    """

    def called(self, snapshot: Snapshot, owner: int, keys: Sequence[str]) -> list[Mention]: ...
    def beginning(self, snapshot: Snapshot, owner: int, word: str) -> list[Mention]: ...
    def every(self, snapshot: Snapshot, owner: int) -> list[Mention]: ...
    def claiming(self, snapshot: Snapshot, owner: int, key: str) -> list[str]: ...
    def joined(self, snapshot: Snapshot, owner: int, one: str, other: str) -> bool: ...


class SlotIndex(RecordIndex, Protocol):
    """(entity, attribute) to the documents that state a value, with the stretch of time it holds in.

    `short_term`: documents of a session's short-term memories that have not expired at an instant, newest first.
    """

    def look_up(
        self, snapshot: Snapshot, owner: int, entity: str, attribute: str | None = None, *, at: int | None = None
    ) -> list[tuple[str, int, str]]:
        """(attribute, document, value key) of the slots of an entity, newest first.

        `entity` is a name or a key; `attribute` None for all; `at`: only those that hold at this instant (microseconds).
        """
        ...

    def short_term(self, snapshot: Snapshot, owner: int, session_id: str | None, *, at: int) -> list[int]: ...
