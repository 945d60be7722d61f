"""The suite of the `VectorIndex` port: exact cosine order within a selection, whatever was written, replaced or removed before.

An index that also keeps tokens (`KeepsTokens`) is held to the rules of that port as well.
"""

# ruff: noqa: S101  (a suite asserts)

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perdure.errors import ConfigError
from perdure.model.scope import Scope
from perdure.ports import Found, KeepsTokens, Ledger, VectorIndex
from perdure.testing.conformance.build import ADA, capture, fresh, owner_of, searching, select

if TYPE_CHECKING:
    from perdure.ports import Floats

OpenIndex = Callable[[], tuple[Ledger, VectorIndex]]
#: What a cosine may lose to storage in 16 bits.
TOLERANCE = 2e-3


class VectorIndexSuite:
    """Subclass it and give the fixture `open_index`: opens one and the same store, empty at first, as (ledger, index) each time.

    The index is for vectors of `dimensions`. Whether it shares the ledger's file does not matter: `put` is called in a transaction
    of the ledger, and `search` in a snapshot.
    """

    dimensions: ClassVar[int] = 8

    @pytest.fixture
    def open_index(self) -> OpenIndex:
        """Opens the store under test."""
        raise NotImplementedError("give VectorIndexSuite a fixture open_index")

    @pytest.fixture
    def library(self, open_index: OpenIndex) -> VectorLibrary:
        """The store with the writes and reads the rules are written in."""
        ledger, index = open_index()
        return VectorLibrary(ledger, index, self.dimensions)

    # ------------------------------------------------------------------ order
    @searching
    @given(seed=st.integers(0, 10_000), n=st.integers(1, 30), limit=st.integers(1, 40))
    def test_the_nearest_come_first(self, library: VectorLibrary, seed: int, n: int, limit: int) -> None:
        """Exactly: the `limit` highest cosines, highest first, each with its score."""
        scope = Scope(user_id=fresh("user"))
        vectors = units(n, self.dimensions, seed=seed)
        docs = library.put(scope, vectors)
        query = units(1, self.dimensions, seed=seed + 1)[0]
        found = library.search(query, scope, limit=limit)
        true = dict(zip(docs, (vectors @ query).tolist(), strict=True))
        assert len(found.docs) == min(n, limit)
        assert len(set(found.docs.tolist())) == len(found.docs)
        assert found.scores.tolist() == sorted(found.scores.tolist(), reverse=True)
        assert np.allclose(found.scores, [true[d] for d in found.docs.tolist()], atol=TOLERANCE)
        left_out = [score for doc, score in true.items() if doc not in found.docs.tolist()]
        assert max(left_out, default=-2) <= float(found.scores.min()) + TOLERANCE

    def test_equal_cosines_stand_in_order_of_document(self, library: VectorLibrary) -> None:
        """So that the same question gives the same answer."""
        docs = library.put(ADA, np.repeat(axes(1, self.dimensions), 5, axis=0))
        assert library.search(axes(1, self.dimensions)[0]).docs.tolist() == docs
        assert library.search(axes(1, self.dimensions)[0], limit=2).docs.tolist() == docs[:2]

    def test_scores_of_every_document_agree(self, library: VectorLibrary) -> None:
        """An index that gives `every` gives the found scores at the found positions, one score a position."""
        library.put(ADA, units(9, self.dimensions))
        found = library.search(units(1, self.dimensions, seed=5)[0], limit=4)
        if found.every is None:
            pytest.skip("this index does not compute every score")
        assert len(found.every) == 9
        assert sorted(found.every.tolist(), reverse=True)[:4] == found.scores.tolist()

    # ------------------------------------------------------------------ what is searched
    def test_only_the_selection_is_searched(self, library: VectorLibrary) -> None:
        """The nearest document is not given when the view may not see it, and the limit counts those that it may."""
        docs = library.put(ADA, axes(4, self.dimensions))
        query = axes(1, self.dimensions)[0]
        assert library.search(query, limit=1).docs.tolist() == docs[:1]
        assert set(library.search(query, without=docs[:1], limit=3).docs.tolist()) == set(docs[1:])
        assert library.search(query, without=docs).docs.tolist() == []

    def test_another_owner_is_never_found(self, library: VectorLibrary) -> None:
        """Not even with the very vector."""
        library.put(ADA, axes(1, self.dimensions))
        (mine,) = library.put(Scope(user_id="bob"), axes(2, self.dimensions)[1:])
        found = library.search(axes(1, self.dimensions)[0], Scope(user_id="bob"))
        assert found.docs.tolist() == [mine]
        assert float(found.scores[0]) == pytest.approx(0.0, abs=TOLERANCE)

    def test_nothing_is_found_in_nothing(self, library: VectorLibrary) -> None:
        """Documents without vectors, and an owner without any, give an empty result and no error."""
        query = axes(1, self.dimensions)[0]
        with library.ledger.transaction() as tx:
            capture(tx, ADA, "not embedded yet")
        assert library.search(query).docs.tolist() == []
        with library.ledger.snapshot() as snapshot:
            assert library.index.docs(snapshot, owner_of(snapshot, ADA)) == set()
            assert library.index.vectors(snapshot, [1, 2]) == {}

    def test_a_query_of_another_size_is_a_typed_error(self, library: VectorLibrary) -> None:
        """It says which setting is wrong, and searching goes on."""
        library.put(ADA, axes(1, self.dimensions))
        with pytest.raises(ConfigError) as caught:
            library.search(np.ones(self.dimensions + 1, dtype=np.float32))
        assert caught.value.setting == "embedder"
        assert len(library.search(axes(1, self.dimensions)[0]).docs) == 1

    # ------------------------------------------------------------------ chunks
    def test_a_document_counts_by_its_best_chunk(self, library: VectorLibrary) -> None:
        """Once, however many chunks match, and against documents of one chunk."""
        a = axes(3, self.dimensions)
        long, short = library.docs(ADA, 2)
        library.write(ADA, {long: np.stack([a[1], a[0], a[2]]), short: a[2:3]})
        found = library.search(a[0])
        assert found.docs.tolist() == [long, short]
        assert found.scores.tolist() == pytest.approx([1.0, 0.0], abs=TOLERANCE)
        assert library.search(a[1]).docs.tolist() == [long, short]
        with library.ledger.snapshot() as snapshot:
            first = library.index.vectors(snapshot, [long, short])
            assert np.allclose(first[long], a[1], atol=TOLERANCE)
            assert np.allclose(first[short], a[2], atol=TOLERANCE)

    def test_chunks_may_come_after_single_vectors_were_searched(self, library: VectorLibrary) -> None:
        """A best chunk that is not the last of its document counts, also in an index that was warm."""
        a = axes(3, self.dimensions)
        library.put(ADA, a[2:3])
        library.search(a[0])
        (late,) = library.docs(ADA, 1)
        library.write(ADA, {late: np.stack([a[0], a[1]])})
        assert library.search(a[0]).scores.tolist() == pytest.approx([1.0, 0.0], abs=TOLERANCE)

    # ------------------------------------------------------------------ writing
    def test_writes_are_seen_by_the_next_search(self, library: VectorLibrary) -> None:
        """One by one, each search after each write."""
        a = axes(self.dimensions, self.dimensions)
        for n, vector in enumerate(a):
            (doc,) = library.put(ADA, vector[None, :])
            found = library.search(vector)
            assert int(found.docs[0]) == doc
            assert len(found.docs) == n + 1

    def test_writes_elsewhere_are_seen(self, library: VectorLibrary, open_index: OpenIndex) -> None:
        """Another opening of the same store that has searched before finds what was written and removed here since."""
        other = VectorLibrary(*open_index(), self.dimensions)
        a = axes(3, self.dimensions)
        (first,) = library.put(ADA, a[:1])
        assert other.search(a[0]).docs.tolist() == [first]
        (second,) = library.put(ADA, a[1:2])
        assert other.search(a[1]).docs.tolist() == [second, first]
        library.write(ADA, {first: a[2:3]})
        assert other.search(a[2]).docs.tolist() == [first, second]
        library.remove(ADA, [first])
        assert other.search(a[2]).docs.tolist() == [second]

    def test_a_document_found_before_its_vector_came(self, library: VectorLibrary) -> None:
        """Messages are captured first and embedded later; a search in between must not lose the vector."""
        a = axes(2, self.dimensions)
        library.put(ADA, a[1:2])
        (late,) = library.docs(ADA, 1)
        assert late not in library.search(a[0]).docs.tolist()
        library.write(ADA, {late: a[:1]})
        assert int(library.search(a[0]).docs[0]) == late

    def test_a_vector_is_replaced_whole(self, library: VectorLibrary) -> None:
        """All its chunks: what was near before is not near any more."""
        a = axes(4, self.dimensions)
        (doc,) = library.docs(ADA, 1)
        library.write(ADA, {doc: a[:3]})
        library.search(a[0])
        library.write(ADA, {doc: a[3:4]})
        assert library.search(a[3]).scores.tolist() == pytest.approx([1.0], abs=TOLERANCE)
        assert library.search(a[0]).scores.tolist() == pytest.approx([0.0], abs=TOLERANCE)

    def test_what_was_removed_is_not_found(self, library: VectorLibrary) -> None:
        """And the number of rows that went is told; what is left is found as before."""
        a = axes(3, self.dimensions)
        docs = library.put(ADA, a)
        library.search(a[0])
        assert library.remove(ADA, docs[:1]) == 1
        assert library.search(a[0]).docs.tolist() == docs[1:]
        assert library.remove(ADA, docs[:1]) == 0
        with library.ledger.snapshot() as snapshot:
            assert library.index.docs(snapshot, owner_of(snapshot, ADA)) == set(docs[1:])

    def test_a_removed_owner_is_gone_and_no_other(self, library: VectorLibrary) -> None:
        """And can be written anew."""
        bob = Scope(user_id="bob")
        docs = library.put(ADA, axes(2, self.dimensions))
        (other,) = library.put(bob, axes(1, self.dimensions))
        library.search(axes(1, self.dimensions)[0])
        with library.ledger.transaction() as tx:
            owner = owner_of(tx, ADA)
            assert library.index.remove_owner(tx, owner) == 2
            tx.revise(owner, erased=True)
        assert library.search(axes(1, self.dimensions)[0]).docs.tolist() == []
        assert library.search(axes(1, self.dimensions)[0], bob).docs.tolist() == [other]
        library.write(ADA, {docs[0]: axes(1, self.dimensions)})
        assert library.search(axes(1, self.dimensions)[0]).docs.tolist() == docs[:1]

    def test_a_write_that_failed_is_not_found(self, library: VectorLibrary) -> None:
        """A rolled-back transaction leaves no vector, where the index shares the ledger."""
        if not library.index.shares_ledger():
            pytest.skip("this index is told after the commit")
        a = axes(2, self.dimensions)
        (doc,) = library.put(ADA, a[:1])

        def fails() -> None:
            with library.ledger.transaction() as tx:
                owner = owner_of(tx, ADA)
                library.index.put(tx, owner, tx.revise(owner), {doc: a[1:2]})
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            fails()
        assert library.search(a[0]).scores.tolist() == pytest.approx([1.0], abs=TOLERANCE)

    def test_only_a_new_store_asks_for_every_vector(self, library: VectorLibrary, open_index: OpenIndex) -> None:
        """`prepare` was called once for this store; neither again nor elsewhere does it ask for all documents."""
        with library.ledger.transaction() as tx:
            assert not library.index.prepare(tx)
        ledger, index = open_index()
        with ledger.transaction() as tx:
            assert not index.prepare(tx)

    # ------------------------------------------------------------------ tokens
    def test_tokens_come_back_as_they_were_put(self, library: VectorLibrary) -> None:
        """For the documents asked for that have any; for unknown ones nothing."""
        first, second, third = library.put(ADA, axes(3, self.dimensions))
        library.write_tokens(ADA, {first: library.codes(3, seed=1), second: library.codes(1, seed=2)})
        assert library.tokens([first, second]) == {first: library.codes(3, seed=1), second: library.codes(1, seed=2)}
        assert library.tokens([second, third, 10**9]) == {second: library.codes(1, seed=2)}
        assert library.tokens([]) == {}

    def test_tokens_are_replaced_whole(self, library: VectorLibrary) -> None:
        """Nothing of a longer text's codes is left, and no other document's change."""
        first, second = library.put(ADA, axes(2, self.dimensions))
        library.write_tokens(ADA, {first: library.codes(9, seed=1), second: library.codes(4, seed=2)})
        library.write_tokens(ADA, {first: library.codes(2, seed=3)})
        assert library.tokens([first, second]) == {first: library.codes(2, seed=3), second: library.codes(4, seed=2)}

    def test_tokens_go_with_their_document(self, library: VectorLibrary) -> None:
        """Those of others stay, and what was removed can be written anew."""
        first, second = library.put(ADA, axes(2, self.dimensions))
        library.write_tokens(ADA, {first: library.codes(3), second: library.codes(3)})
        assert library.remove(ADA, [first]) == 1  # rows of vectors are counted, not those of tokens
        assert library.tokens([first, second]) == {second: library.codes(3)}
        library.write(ADA, {first: axes(1, self.dimensions)})
        assert library.tokens([first]) == {}
        library.write_tokens(ADA, {first: library.codes(2)})
        assert library.tokens([first]) == {first: library.codes(2)}

    def test_new_vectors_drop_the_tokens_of_the_text_before(self, library: VectorLibrary) -> None:
        """They belong together: tokens that are not given again would be those of other words."""
        first, second = library.put(ADA, axes(2, self.dimensions))
        library.write_tokens(ADA, {first: library.codes(3), second: library.codes(3)})
        library.write(ADA, {first: axes(1, self.dimensions)})
        assert library.tokens([first, second]) == {second: library.codes(3)}

    def test_tokens_go_with_their_owner_and_no_other(self, library: VectorLibrary) -> None:
        """Whoever is erased leaves none."""
        bob = Scope(user_id="bob")
        mine, other = library.put(ADA, axes(2, self.dimensions)), library.put(bob, axes(1, self.dimensions))
        library.write_tokens(ADA, {doc: library.codes(3) for doc in mine})
        library.write_tokens(bob, {other[0]: library.codes(2)})
        with library.ledger.transaction() as tx:
            owner = owner_of(tx, ADA)
            library.index.remove_owner(tx, owner)
            tx.revise(owner, erased=True)
        assert library.tokens([*mine, *other]) == {other[0]: library.codes(2)}

    def test_tokens_of_many_documents_come_at_once(self, library: VectorLibrary) -> None:
        """A closer look takes a hundred; some hundreds more must be no other matter."""
        docs = library.docs(ADA, 700)
        library.write_tokens(ADA, {doc: library.codes(1, seed=doc) for doc in docs})
        assert library.tokens(docs) == {doc: library.codes(1, seed=doc) for doc in docs}

    def test_tokens_are_seen_elsewhere(self, library: VectorLibrary, open_index: OpenIndex) -> None:
        """By another opening of the same store."""
        (doc,) = library.put(ADA, axes(1, self.dimensions))
        library.write_tokens(ADA, {doc: library.codes(3)})
        assert VectorLibrary(*open_index(), self.dimensions).tokens([doc]) == {doc: library.codes(3)}


class VectorLibrary:
    """A ledger with a vector index, and what the rules do with them."""

    def __init__(self, ledger: Ledger, index: VectorIndex, dimensions: int) -> None:
        self.ledger, self.index, self.dimensions = ledger, index, dimensions
        with ledger.transaction() as tx:
            index.prepare(tx)

    def docs(self, scope: Scope, n: int) -> list[int]:
        """New documents that have no vector yet."""
        with self.ledger.transaction() as tx:
            return [m.doc for m in capture(tx, scope, *["said"] * n)]

    def write(self, scope: Scope, vectors: dict[int, Floats]) -> None:
        """Gives documents their chunks."""
        with self.ledger.transaction() as tx:
            owner = owner_of(tx, scope)
            self.index.put(tx, owner, tx.revise(owner), vectors)

    def put(self, scope: Scope, vectors: Floats) -> list[int]:
        """New documents, one a vector."""
        docs = self.docs(scope, len(vectors))
        self.write(scope, {doc: vectors[n : n + 1] for n, doc in enumerate(docs)})
        return docs

    def codes(self, tokens: int, *, seed: int = 0) -> bytes:
        """Made-up codes of as many tokens."""
        return np.random.default_rng(seed).bytes(tokens * -(-self.dimensions // 8))

    def write_tokens(self, scope: Scope, codes: dict[int, bytes]) -> None:
        """Gives documents their tokens' codes. A test ends here, skipped, with an index that keeps none."""
        if not isinstance(self.index, KeepsTokens):
            pytest.skip("this index keeps no tokens")
        with self.ledger.transaction() as tx:
            self.index.put_tokens(tx, owner_of(tx, scope), codes)

    def tokens(self, docs: list[int]) -> dict[int, bytes]:
        """What is kept of the tokens of documents."""
        if not isinstance(self.index, KeepsTokens):
            pytest.skip("this index keeps no tokens")
        with self.ledger.snapshot() as snapshot:
            return self.index.tokens(snapshot, docs)

    def remove(self, scope: Scope, docs: list[int]) -> int:
        """Removes vectors as an erasure does."""
        with self.ledger.transaction() as tx:
            gone = self.index.remove(tx, docs)
            tx.revise(owner_of(tx, scope), erased=True)
            return gone

    def search(self, query: Floats, scope: Scope = ADA, *, without: list[int] | None = None, limit: int = 50) -> Found:
        """What is found in the scope, `without` some documents."""
        with self.ledger.snapshot() as snapshot:
            selection = select(snapshot, replace(scope))
            if without:
                selection = selection.narrowed(~np.isin(selection.columns.docs, without))
            return self.index.search(snapshot, query, selection, limit)


def units(n: int, dimensions: int, *, seed: int = 0) -> Floats:
    """`n` random vectors of unit length, the same for the same seed."""
    made: Any = np.random.default_rng(seed).standard_normal((n, dimensions))
    return (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float32)


def axes(n: int, dimensions: int) -> Floats:
    """`n` vectors at right angles."""
    return np.eye(n, dimensions, dtype=np.float32)
