"""A large owner's vectors are searched in two steps, and nobody can tell but by the clock."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stage_parts import quick

from perdure import Memory
from perdure.adapters.vector import matrix as module
from perdure.adapters.vector.matrix import Matrix, from_steps, to_steps


def units(rng, n, dimensions):
    made = rng.standard_normal((n, dimensions)).astype(np.float32)
    return made / np.linalg.norm(made, axis=1, keepdims=True)


def heaps(n, dimensions=128, *, seed=0):
    """Unit vectors in heaps around fifty centres, as texts about fifty matters are; and one more, to ask with."""
    rng = np.random.default_rng(seed)
    centres = units(rng, 50, dimensions)
    made = centres[rng.integers(0, 50, n + 1)] + 0.08 * rng.standard_normal((n + 1, dimensions)).astype(np.float32)
    made = (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float32)
    return made[:-1], made[-1]


def filled(vectors, positions=None):
    matrix = Matrix(vectors.shape[1], 0)
    for start in range(0, len(vectors), 7000):  # it grows
        part = vectors[start : start + 7000]
        matrix.append(to_steps(part), np.arange(start, start + len(part)) if positions is None else positions[start : start + len(part)])
    return matrix


def best(scores, k):
    return np.lexsort((np.arange(len(scores)), -scores))[:k].tolist()


@pytest.fixture
def two_steps(monkeypatch):
    """Whatever the size."""
    monkeypatch.setattr(module, "LARGE", 1)


def test_what_is_kept_is_what_was_given_to_half_a_step():
    vectors, _ = heaps(100)
    assert np.abs(from_steps(to_steps(vectors)) - vectors).max() <= 0.5 / 32767 + 1e-8
    assert from_steps(to_steps(np.array([1.5, -7.0], dtype=np.float32))).tolist() == [1.0, -1.0]


def test_of_thirty_thousand_two_steps_find_what_an_exact_search_finds(monkeypatch):
    found = {}
    for name, large in (("exact", 10**9), ("two steps", module.LARGE)):
        monkeypatch.setattr(module, "LARGE", large)
        hits = []
        for seed in range(10):
            vectors, query = heaps(30_000, seed=seed)
            scores = filled(vectors).scores(query, np.ones(30_000, dtype=bool))
            hits += [(seed, p, float(scores[p])) for p in best(scores, 10)]
            given = scores > -1.5
            assert given.all() == (name == "exact")
            assert np.allclose(scores[given], (vectors @ query)[given], atol=1e-4)
        found[name] = set(hits)
    assert len(found["exact"] & found["two steps"]) >= 98  # of a hundred


@pytest.mark.usefixtures("two_steps")
def test_a_narrow_filter_loses_nothing():
    vectors, query = heaps(20_000)
    mask = np.zeros(20_000, dtype=bool)
    mask[::40] = True
    scores = filled(vectors).scores(query, mask)
    assert (scores[~mask] == -2).all()
    assert np.allclose(scores[mask], (vectors @ query)[mask], atol=1e-4)
    assert (filled(vectors).scores(query, np.zeros(20_000, dtype=bool)) == -2).all()


@pytest.mark.usefixtures("two_steps")
def test_equals_are_given_together_and_score_the_same():
    vectors, _ = heaps(9_000)
    vectors[[3, 2000, 4001, 8999]] = vectors[17]
    scores = filled(vectors).scores(vectors[17], np.ones(9_000, dtype=bool))
    assert best(scores, 5) == [3, 17, 2000, 4001, 8999]
    assert len(set(scores[[3, 17, 2000, 4001, 8999]].tolist())) == 1


@given(st.integers(1, 200), st.integers(1, 150), st.integers(0, 99), st.booleans(), st.booleans())
@quick
def test_small_or_large_a_search_gives_the_best_of_each_documents_pieces(n, dimensions, seed, large, chunked):
    rng = np.random.default_rng(seed)
    vectors, query = units(rng, n, dimensions), units(rng, 1, dimensions)[0]
    docs = rng.integers(0, n, n) if chunked else rng.permutation(n)
    mask = rng.random(n) < 0.7
    matrix = filled(vectors, docs)
    matrix.chunked = chunked
    before = module.LARGE
    module.LARGE = 1 if large else before
    try:
        scores = matrix.scores(query, mask)
        shorter = matrix.scores(query, mask[: n // 2])  # a selection from before the last documents came
    finally:
        module.LARGE = before
    expected = np.full(n, -2.0)
    for vector, doc in zip(vectors, docs, strict=True):
        expected[doc] = max(expected[doc], float(vector @ query)) if mask[doc] else -2.0
    assert np.allclose(scores, expected, atol=1e-3)
    assert np.allclose(shorter, expected[: n // 2], atol=1e-3)


def test_without_a_way_to_count_bits_every_search_is_exact(monkeypatch):
    monkeypatch.setattr(module, "LARGE", 1)
    monkeypatch.setattr(module, "LEAST", 1)
    vectors, query = heaps(500)
    assert (filled(vectors).scores(query, np.ones(500, dtype=bool)) == -2).any()
    monkeypatch.setattr(module, "_count_bits", None)
    assert not (filled(vectors).scores(query, np.ones(500, dtype=bool)) == -2).any()


def test_a_search_of_a_large_user_gives_the_same_hits_and_filters_first(monkeypatch, path, clock):
    with Memory(path, clock=clock, embedder="hashing", worker=False) as memory:
        for n in range(60):
            memory.remember(f"The {['red', 'green', 'blue'][n % 3]} box number {n} holds tea.", user_id="ada", metadata={"shelf": n % 5})
        question = {"query": "Which red box holds tea?", "user_id": "ada"}
        exact = [(h.text, h.score) for h in memory.search(**question)]
        narrow = {h.text for h in memory.search(**question, filters={"metadata.shelf": 4}, limit=50)}
        monkeypatch.setattr(module, "LARGE", 1)
        assert [(h.text, h.score) for h in memory.search(**question)] == exact
        monkeypatch.setattr(module, "LEAST", 1)  # next to nothing is scored: the filter must have come before
        assert {h.text for h in memory.search(**question, filters={"metadata.shelf": 4}, limit=50)} == narrow
        assert len(narrow) == 12
