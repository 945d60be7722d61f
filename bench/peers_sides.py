"""The two sides of `bench/peers.py`, each in a process of its own that obeys one line of JSON after the other.

mem0ai 2.2.1 is under the Apache License 2.0 (so says the LICENSE in its distribution); nothing of it is copied here or needed by
perdure. It is installed by ``make bench-peers`` into an environment of its own and used through its public classes, as
``pip install mem0ai`` gives it: Qdrant in local mode in a folder, history in SQLite, no spaCy and no fastembed, so without the
entity boosts and the BM25 part of its ranking (both would need a download, and could only cost time).

``python bench/peers_sides.py perdure FOLDER VECTORS``: reads {"verb": …, arguments} from stdin, writes the answer to stdout.
"""

import hashlib
import json
import logging
import os
import sys
import time
import uuid
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from peers_vectors import THANKS, Known, added, asked, memories, verbatim, whole_adds

LIMIT = 10
"""Hits a search."""
PER_BATCH = 100
"""Memories that go in together when a store is filled."""
DIALOGUE = ("I moved from Delhi to Bangalore last month and now work at Initech.", "Congratulations! How do you like Bangalore so far?")
SMALL_TALK = ("Hi, what is the capital of France?", "The capital of France is Paris.")


def user_of(batch: int, owners: int) -> str:
    return f"user{batch % owners}"


def turns(*contents: str) -> list[dict[str, str]]:
    return [{"role": role, "content": text} for role, text in zip(("user", "assistant"), contents, strict=True)]


class Side(ABC):
    """One library. Verbs that measure return milliseconds a call, embedding (and the stub model) taken off."""

    def __init__(self, folder: Path, vectors: Path) -> None:
        self.folder = folder
        self.embedder = Known(vectors)
        self.prompts: list[str] = []
        self.unknown = 0
        self.folder.mkdir(parents=True, exist_ok=True)

    # what a library has to do
    @abstractmethod
    def open(self, store: str) -> None: ...

    @abstractmethod
    def close(self) -> None: ...

    @abstractmethod
    def insert(self, first: int, last: int, owners: int) -> None:
        """Memories number `first` to `last` of `peers_vectors.memories`, as fast as the library allows."""

    @abstractmethod
    def count(self) -> int:
        """Live memories."""

    @abstractmethod
    def find(self, question: str, user: str) -> int:
        """Searches; returns the number of hits."""

    @abstractmethod
    def tell(self, contents: tuple[str, str], user: str, learnt: str | None) -> None:
        """Adds a user's and an assistant's message; the stub model answers with one memory, `learnt`, or none."""

    @abstractmethod
    def store_verbatim(self, texts: list[str], user: str) -> None: ...

    # the verbs
    def do_prepare(self, most: int) -> dict[str, Any]:
        """What has to be done once before stores can be filled with up to `most` memories."""
        self.embedder.learn(memories(most))
        return {}

    def do_fill(self, first: int, last: int, owners: int) -> dict[str, Any]:
        began = time.perf_counter()
        self.insert(first, last, owners)
        return {"seconds": time.perf_counter() - began, "memories": self.count()}

    def do_search(self, first: int, count: int, owners: int) -> dict[str, Any]:
        hits = []
        taken = [self._timed(lambda: hits.append(self.find(q, f"user{i % owners}"))) for i, q in _some(asked(), first, count)]  # noqa: B023
        return _split(taken) | {"hits": sum(hits)}

    def do_add(self, first: int, count: int, owners: int) -> dict[str, Any]:
        self.prompts.clear()
        taken = [self._timed(lambda: self.tell((t, THANKS), f"user{i % owners}", t)) for i, t in _some(added(), first, count)]  # noqa: B023
        return _split(taken) | {"calls": len(self.prompts), "tokens": _tokens(self.prompts)}

    def do_prompt(self) -> dict[str, Any]:
        """LLM calls and their tokens (the messages' own left out) for a dialogue about the user and for one that says nothing of them."""
        answer: dict[str, Any] = {}
        for name, contents in (("dialogue", DIALOGUE), ("small_talk", SMALL_TALK)):
            self.open(name)
            self.prompts.clear()
            self.tell(contents, name, None)
            self.close()
            own = _tokens(self.prompts) - _tokens(list(contents)) if self.prompts else 0
            answer[name] = {"calls": len(self.prompts), "tokens": own}
        return answer

    def do_bulk(self, first: int, count: int, rows: int) -> dict[str, Any]:
        """Imports messages number `first` to `first + count` of `rows`."""
        texts = verbatim(rows)[first : first + count]
        return _split([self._timed(lambda: self.store_verbatim(texts, "user0"))])

    def do_open(self, store: str) -> dict[str, Any]:
        self.open(store)
        return {}

    def do_close(self) -> dict[str, Any]:
        self.close()
        return {}

    def do_learn(self, rows: int) -> dict[str, Any]:
        """Loads the vectors of questions, of what is added and of `rows` messages of the bulk import."""
        self.embedder.learn(asked())
        if rows:
            self.embedder.learn(added())
            self.embedder.learn([THANKS, *whole_adds()])
            self.embedder.learn(verbatim(rows))
        return {}

    def do_memory(self) -> dict[str, Any]:
        """Gigabytes of memory this process holds, and how many texts the model had to embed in measured calls."""
        import psutil

        return {"gb": psutil.Process().memory_info().rss / 1e9, "unknown": self.unknown}

    def _timed(self, verb: Callable[[], object]) -> tuple[float, float]:
        """Milliseconds by the clock on the wall, and of the processor."""
        e = self.embedder
        wall, cpu, unknown = time.perf_counter() - e.seconds, time.process_time() - e.cpu_seconds, e.unknown
        verb()
        self.unknown += e.unknown - unknown
        return 1000 * (time.perf_counter() - e.seconds - wall), 1000 * (time.process_time() - e.cpu_seconds - cpu)


class Perdure(Side):
    """Through its public verbs.

    Adding fifty thousand memories to one user one by one takes long, so that they are added to users of a hundred each, exported,
    and loaded into the measured stores under the users asked for; adding in parts or one by one gives the same rows.
    """

    def open(self, store: str) -> None:
        from perdure import Memory

        self.memory = Memory(self.folder / f"{store}.db", embedder=self.embedder, llm=self)

    def close(self) -> None:
        self.memory.close()

    def do_prepare(self, most: int) -> dict[str, Any]:
        texts = memories(most)
        self.embedder.learn(texts)
        self.open("base")
        for start in range(0, most, PER_BATCH):
            part, user = texts[start : start + PER_BATCH], f"benchuser{start // PER_BATCH:06}"
            self.learnt = part
            self.memory.add([{"role": "user", "content": text} for text in part], user_id=user)
            self.memory.export(self._exported(start // PER_BATCH), user_id=user)
        self.close()
        self.prompts.clear()
        return {}

    def _exported(self, batch: int) -> Path:
        return self.folder / f"benchuser{batch:06}.jsonl"

    def insert(self, first: int, last: int, owners: int) -> None:
        path = self.folder / "moved.jsonl"
        with path.open("w", encoding="utf-8") as f:
            for n, batch in enumerate(range(first // PER_BATCH, last // PER_BATCH)):
                lines = self._exported(batch).read_text(encoding="utf-8").splitlines(keepends=True)
                f.writelines(line.replace(f"benchuser{batch:06}", user_of(batch, owners)) for line in lines[1 if n else 0 :])
        self.memory.load(path)

    def count(self) -> int:
        return self.memory.stats().memories

    def find(self, question: str, user: str) -> int:
        return len(self.memory.search(question, user_id=user, limit=LIMIT))

    def tell(self, contents: tuple[str, str], user: str, learnt: str | None) -> None:
        self.learnt = [learnt] if learnt else []
        self.memory.add(turns(*contents), user_id=user)

    def store_verbatim(self, texts: list[str], user: str) -> None:
        self.memory.add([{"role": "user", "content": text} for text in texts], user_id=user, infer=False)

    # the stub model
    name = "stub"

    def complete(self, request: Any) -> Any:
        with self.embedder.unmeasured():
            return self._reply(request)

    def _reply(self, request: Any) -> Any:
        from perdure.ports import LLMReply

        schema = [json.dumps(request.schema)] if request.schema else []
        self.prompts.append("\n".join([*(turn.content for turn in request.turns), *schema]))
        if request.schema_name != "extraction":  # whether a statement is the same as a neighbour
            return LLMReply('{"same_as": null}')
        dates = {"valid_from": None, "valid_to": None, "expires_at": None}
        plain = {"kind": "fact", "term": "long_term", "confidence": 0.9, "slots": [], "ended": [], "replaces": []}
        marks = {"explicit": False, "correction": False}
        found = [{"text": t, "quote": t, "message": n, **plain, **dates, **marks} for n, t in enumerate(self.learnt)]
        return LLMReply(json.dumps({"memories": found, "entities": [], "relations": [], "private": []}))


class Mem0(Side):
    """Through `mem0.Memory`; stores are filled with its vector store's own `insert`, which takes many rows at once."""

    reply = ""

    def open(self, store: str) -> None:
        from mem0 import Memory
        from mem0.configs.llms.base import BaseLlmConfig
        from mem0.embeddings.base import EmbeddingBase
        from mem0.llms.base import LLMBase
        from mem0.utils.factory import EmbedderFactory, LlmFactory

        side, known = self, self.embedder

        class Embedder(EmbeddingBase):
            def embed(self, text: str, memory_action: str | None = None) -> list[float]:  # noqa: ARG002  (mem0's signature)
                vector = known.embed([text])[0]
                with known.unmeasured():
                    return vector.tolist()

        class Model(LLMBase):
            def generate_response(self, messages: list[dict[str, str]], **_: Any) -> str:
                side.prompts.append("\n".join(message["content"] for message in messages))
                return side.reply

        # its configuration accepts the names of its own providers only, so that two of them are given other classes
        globals().update(Embedder=Embedder, Model=Model)
        EmbedderFactory.provider_to_class["fastembed"] = f"{__name__}.Embedder"
        LlmFactory.provider_to_class["litellm"] = (f"{__name__}.Model", BaseLlmConfig)
        vectors = {"path": str(self.folder / store), "collection_name": "bench", "embedding_model_dims": known.dimensions}
        self.memory = Memory.from_config(
            {
                "vector_store": {"provider": "qdrant", "config": vectors},
                "embedder": {"provider": "fastembed", "config": {"embedding_dims": known.dimensions}},
                "llm": {"provider": "litellm", "config": {"model": "stub"}},
                "history_db_path": str(self.folder / f"{store}-history.db"),
            }
        )

    def close(self) -> None:
        self.memory.vector_store.client.close()
        self.memory.close()

    def insert(self, first: int, last: int, owners: int) -> None:
        now, texts = datetime.now(UTC).isoformat(), memories(last)
        with self._unsafe():
            for start in range(first, last, PER_BATCH):
                part, user = texts[start : start + PER_BATCH], user_of(start // PER_BATCH, owners)
                payloads = [
                    {"user_id": user, "data": text, "text_lemmatized": text, "created_at": now, "updated_at": now}
                    | {"hash": hashlib.md5(text.encode()).hexdigest()}
                    for text in part
                ]
                ids = [str(uuid.uuid4()) for _ in part]
                self.memory.vector_store.insert(vectors=self.embedder.embed(part).tolist(), payloads=payloads, ids=ids)

    @contextmanager
    def _unsafe(self) -> Iterator[None]:
        """Lets the file system take its time: Qdrant commits row by row. For filling alone, never while something is measured."""
        database = self.memory.vector_store.client._client.collections["bench"].storage.storage
        (usual,) = database.execute("PRAGMA synchronous").fetchone()
        database.execute("PRAGMA synchronous = OFF")
        yield
        database.execute(f"PRAGMA synchronous = {usual}")

    def count(self) -> int:
        return self.memory.vector_store.client.count("bench").count

    def find(self, question: str, user: str) -> int:
        return len(self.memory.search(question, filters={"user_id": user}, top_k=LIMIT)["results"])

    def tell(self, contents: tuple[str, str], user: str, learnt: str | None) -> None:
        self.reply = json.dumps({"memory": [{"id": "0", "text": learnt, "attributed_to": "user"}] if learnt else []})
        self.memory.add(turns(*contents), user_id=user)

    def store_verbatim(self, texts: list[str], user: str) -> None:
        self.memory.add([{"role": "user", "content": text} for text in texts], user_id=user, infer=False)


def _some(texts: list[str], first: int, count: int) -> Iterator[tuple[int, str]]:
    for i in range(first, first + count):
        yield i, texts[i % len(texts)]


def _split(taken: list[tuple[float, float]]) -> dict[str, Any]:
    return {"ms": [wall for wall, _ in taken], "cpu": [cpu for _, cpu in taken]}


def _tokens(texts: list[str]) -> int:
    """WordPiece tokens; the same count for both sides. Tokenizers of chat models count somewhat fewer."""
    from tokenizers import Tokenizer

    import perdure

    tokenizer = Tokenizer.from_file(str(Path(perdure.__file__).parent / "data" / "minilm-tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return sum(len(tokenizer.encode(text, add_special_tokens=False).ids) for text in texts)


def main() -> None:
    name, folder, vectors = sys.argv[1:4]
    answers, sys.stdout = sys.stdout, sys.stderr  # whatever a library prints must not get between the answers
    logging.basicConfig(level=logging.ERROR)
    warnings.filterwarnings("ignore", "Local mode is not recommended")  # said on the page
    side: Side = {"perdure": Perdure, "mem0": Mem0}[name](Path(folder), Path(vectors))
    for line in sys.stdin:
        order = json.loads(line)
        answer = getattr(side, f"do_{order.pop('verb')}")(**order)
        print(json.dumps(answer), file=answers, flush=True)
    answers.flush()
    os._exit(0)  # Qdrant's destructor complains about an interpreter that is going away


if __name__ == "__main__":
    main()
