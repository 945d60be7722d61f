"""The suite of the `TextIndex` port: BM25 within a selection, with the statistics of one owner."""

# ruff: noqa: S101  (a suite asserts)

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perdure.model.scope import Scope
from perdure.ports import Found, Ledger, TextIndex
from perdure.testing.conformance.build import ADA, capture, fresh, owner_of, searching, select

OpenIndex = Callable[[], tuple[Ledger, TextIndex]]
BOB = Scope(user_id="bob")
DOCUMENTS = st.lists(
    st.lists(st.sampled_from(["tea", "delhi", "laptop", "日本", "xk-4471"]), min_size=1, max_size=8), min_size=1, max_size=8
)


class TextIndexSuite:
    """Subclass it and give the fixture `open_index`: opens one and the same store, empty at first, as (ledger, index) each time."""

    @pytest.fixture
    def open_index(self) -> OpenIndex:
        """Opens the store under test."""
        raise NotImplementedError("give TextIndexSuite a fixture open_index")

    @pytest.fixture
    def library(self, open_index: OpenIndex) -> TextLibrary:
        """The store with the writes and reads the rules are written in."""
        return TextLibrary(*open_index())

    # ------------------------------------------------------------------ order
    @searching
    @given(documents=DOCUMENTS, query=st.lists(st.sampled_from(["tea", "delhi", "日本", "absent"]), min_size=1, max_size=3, unique=True))
    def test_documents_stand_in_the_order_of_bm25(self, library: TextLibrary, documents: list[list[str]], query: list[str]) -> None:
        """Of Okapi BM25 with a non-negative idf, up to what k1 and b an index chooses: whoever wins under every choice, wins."""
        scope = Scope(user_id=fresh("user"))
        docs = library.put(scope, *documents)
        found = library.search(query, scope)
        matching = {d for d, words in zip(docs, documents, strict=True) if set(words) & set(query)}
        assert set(found.docs.tolist()) == matching
        assert found.scores.tolist() == sorted(found.scores.tolist(), reverse=True)
        assert (found.scores > 0).all()
        place = {d: n for n, d in enumerate(found.docs.tolist())}
        choices = [bm25(documents, query, k1, b) for k1 in (0.9, 1.2, 1.5, 2.0) for b in (0.3, 0.75, 0.9)]
        for m, one in enumerate(docs):
            for n, two in enumerate(docs):
                if one in place and two in place and all(s[m] > s[n] * 1.001 for s in choices):
                    assert place[one] < place[two], (documents[m], documents[n])

    @searching
    @given(documents=DOCUMENTS, query=st.dictionaries(st.sampled_from(["tea", "delhi", "absent"]), st.floats(0.1, 2), min_size=1))
    def test_no_score_exceeds_the_ceiling(self, library: TextLibrary, documents: list[list[str]], query: dict[str, float]) -> None:
        """Which is above zero, so that a share of it can be taken."""
        scope = Scope(user_id=fresh("user"))
        library.put(scope, *documents)
        found = library.search(query, scope)
        assert found.ceiling > 0
        assert all(s <= found.ceiling * (1 + 1e-6) for s in found.scores.tolist())

    def test_rare_words_weigh_more(self, library: TextLibrary) -> None:
        """And repeated ones more than single ones, and short documents more than long ones."""
        common, rare, twice, long = library.put(
            ADA, ["tea", "cup"], ["laptop", "cup"], ["tea", "tea"], ["tea", "cup", "pot", "milk", "sugar", "spoon"]
        )
        assert int(library.search(["tea", "laptop"]).docs[0]) == rare
        assert library.search(["tea"]).docs.tolist() == [twice, common, long]

    def test_weights_of_query_words_count(self, library: TextLibrary) -> None:
        """The word that matters more decides."""
        tea, delhi = library.put(ADA, ["tea", "cup"], ["delhi", "cup"])
        assert library.search({"tea": 1.0, "delhi": 0.2}).docs.tolist() == [tea, delhi]
        assert library.search({"tea": 0.2, "delhi": 1.0}).docs.tolist() == [delhi, tea]

    def test_equal_scores_stand_in_order_of_document(self, library: TextLibrary) -> None:
        """And the limit keeps the best."""
        docs = library.put(ADA, *[["tea"]] * 4, ["tea", "tea"])
        assert library.search(["tea"]).docs.tolist() == [docs[4], *docs[:4]]
        assert library.search(["tea"], limit=1).docs.tolist() == [docs[4]]

    # ------------------------------------------------------------------ what is searched
    def test_only_the_selection_is_searched(self, library: TextLibrary) -> None:
        """A document that the view may not see is not given, and does not use up the limit."""
        docs = library.put(ADA, ["tea", "tea"], ["tea", "cup"], ["cup"])
        assert library.search(["tea"], without=docs[:1], limit=1).docs.tolist() == docs[1:2]
        assert library.search(["tea"], without=docs).docs.tolist() == []

    def test_nothing_is_found_in_nothing(self, library: TextLibrary) -> None:
        """No documents, unknown words and an empty question give an empty result and no error."""
        library.put(ADA)
        assert library.search(["tea"]).docs.tolist() == []
        library.put(ADA, ["tea"])
        assert library.search(["coffee"]).docs.tolist() == []
        assert library.search({}).docs.tolist() == []

    def test_statistics_are_of_one_owner(self, library: TextLibrary) -> None:
        """What others wrote is not found and changes neither a score nor the ceiling."""
        library.put(ADA, ["tea", "cup"], ["laptop"], ["tea"])
        before = library.search(["tea", "laptop"])
        library.put(BOB, *[["tea", "tea", "laptop"]] * 20)
        after = library.search(["tea", "laptop"])
        assert after.docs.tolist() == before.docs.tolist()
        assert after.scores.tolist() == before.scores.tolist()
        assert after.ceiling == before.ceiling

    # ------------------------------------------------------------------ writing
    def test_what_was_written_is_what_is_held(self, library: TextLibrary) -> None:
        """Every term with its count, for `verify`."""
        first, second = library.put(ADA, ["tea", "tea", "日本"], ["xk-4471"])
        with library.ledger.snapshot() as snapshot:
            assert library.index.docs(snapshot, owner_of(snapshot, ADA)) == {first: {"tea": 2, "日本": 1}, second: {"xk-4471": 1}}

    def test_writing_twice_is_writing_once(self, library: TextLibrary) -> None:
        """Repetition does not matter."""
        (doc,) = library.put(ADA, ["tea", "cup"])
        before = library.search(["tea"]).scores.tolist()
        library.write(ADA, {doc: ["tea", "cup"]})
        assert library.search(["tea"]).scores.tolist() == before

    def test_writes_elsewhere_are_seen(self, library: TextLibrary, open_index: OpenIndex) -> None:
        """Another opening of the same store that has searched before finds what was written here since."""
        other = TextLibrary(*open_index())
        (first,) = library.put(ADA, ["tea"])
        assert other.search(["tea"]).docs.tolist() == [first]
        (second,) = library.put(ADA, ["tea", "tea"])
        assert other.search(["tea"]).docs.tolist() == [second, first]

    def test_removal_leaves_nothing(self, library: TextLibrary) -> None:
        """Not a row; what stays is found as before."""
        first, second = library.put(ADA, ["tea", "tea", "cup"], ["tea"])
        with library.ledger.transaction() as tx:
            owner = owner_of(tx, ADA)
            assert library.index.remove(tx, owner, {first: Counter(["tea", "tea", "cup"])}) == 2
            tx.revise(owner, erased=True)
        with library.ledger.snapshot() as snapshot:
            assert library.index.docs(snapshot, owner_of(snapshot, ADA)) == {second: {"tea": 1}}
        assert library.search(["tea", "cup"]).docs.tolist() == [second]

    def test_a_removed_owner_is_gone_and_no_other(self, library: TextLibrary) -> None:
        """All rows of one, none of the other."""
        library.put(ADA, ["tea"], ["cup", "tea"])
        (other,) = library.put(BOB, ["tea"])
        with library.ledger.transaction() as tx:
            owner = owner_of(tx, ADA)
            assert library.index.remove_owner(tx, owner) == 3
            tx.revise(owner, erased=True)
            assert library.index.docs(tx, owner) == {}
        assert library.search(["tea"]).docs.tolist() == []
        assert library.search(["tea"], BOB).docs.tolist() == [other]


class TextLibrary:
    """A ledger with a text index, and what the rules do with them."""

    def __init__(self, ledger: Ledger, index: TextIndex) -> None:
        self.ledger, self.index = ledger, index

    def write(self, scope: Scope, documents: Mapping[int, list[str]]) -> None:
        """Gives documents their words."""
        with self.ledger.transaction() as tx:
            owner = owner_of(tx, scope)
            self.index.put(tx, owner, tx.revise(owner), {doc: Counter(words) for doc, words in documents.items()})

    def put(self, scope: Scope, *documents: list[str]) -> list[int]:
        """New documents."""
        with self.ledger.transaction() as tx:
            tx.ensure_owner(scope)
            docs = [capture(tx, scope, " ".join(words), words=len(words))[0].doc for words in documents]
        self.write(scope, dict(zip(docs, documents, strict=True)))
        return docs

    def search(
        self, query: list[str] | dict[str, float], scope: Scope = ADA, *, without: list[int] | None = None, limit: int = 50
    ) -> Found:
        """What is found in the scope, `without` some documents."""
        weights = query if isinstance(query, dict) else dict.fromkeys(query, 1.0)
        with self.ledger.snapshot() as snapshot:
            selection = select(snapshot, scope)
            if without:
                selection = selection.narrowed(~np.isin(selection.columns.docs, without))
            return self.index.search(snapshot, weights, selection, limit)


def bm25(documents: list[list[str]], query: list[str], k1: float, b: float) -> list[float]:
    """Okapi BM25 with Lucene's non-negative idf, written out (Robertson & Zaragoza 2009, section 3.2)."""
    mean = sum(map(len, documents)) / len(documents)
    scores: Any = [0.0] * len(documents)
    for term in query:
        held = sum(term in words for words in documents)
        idf = math.log(1 + (len(documents) - held + 0.5) / (held + 0.5))
        for n, words in enumerate(documents):
            count = words.count(term)
            scores[n] += idf * count * (k1 + 1) / (count + k1 * (1 - b + b * len(words) / mean))
    return scores
