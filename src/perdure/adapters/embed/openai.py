"""Embeddings from any server that speaks OpenAI's API, through the official SDK."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from perdure.adapters.llm.openai import make_client, translated
from perdure.errors import ModelError

if TYPE_CHECKING:
    from openai import OpenAI

    from perdure.ports import Floats

_DIMENSIONS: Final = {"text-embedding-3-small": 1536, "text-embedding-3-large": 3072, "text-embedding-ada-002": 1536}
BATCH: Final = 128
MAX_ASCII: Final = 24_000
"""Characters of a text that are sent. OpenAI's models take 8,191 tokens; English has more than three characters to one,"""
MAX_OTHER: Final = 6_000
"""other scripts may have more than one token to a character."""


class OpenAIEmbedder:
    """Vectors from OpenAI, or from the server at `base_url` (vLLM, Ollama, llama.cpp, LM Studio and others).

    Args:
        model: the model's name as the server knows it.
        dimensions: ask for shorter vectors, where the model can give them. Else the model's own length; for a model that is
            not OpenAI's it is found out with one request.
        base_url: the server; default ``OPENAI_BASE_URL``, else OpenAI.
        api_key: default ``OPENAI_API_KEY``; a local server needs none.
        timeout: seconds for one attempt.
        max_retries: further attempts when the server is busy, failing or silent.

    Raises:
        MissingExtraError: the package `openai` is not installed (on first use).
        ConfigError: there is no key and no `base_url` (on first use).
    """

    def __init__(
        self,
        model: str = "text-embedding-3-small",
        *,
        dimensions: int | None = None,
        base_url: str | None = None,
        api_key: str | None = None,
        timeout: float = 60.0,
        max_retries: int = 2,
    ) -> None:
        self._model = model
        self._asked = dimensions
        self._dimensions = dimensions or _DIMENSIONS.get(model, 0)
        self._base_url = base_url
        self._api_key = api_key
        self._timeout = timeout
        self._max_retries = max_retries
        self._lock = threading.Lock()
        self._client: OpenAI | None = None

    @property
    def name(self) -> str:
        """``openai:<model>``, with the dimensions when they were asked for."""
        return f"openai:{self._model}" + (f"@{self._asked}" if self._asked else "")

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        if not self._dimensions:
            self._dimensions = len(self._request(["dimensions"])[0])
        return self._dimensions

    def __repr__(self) -> str:
        return f"OpenAIEmbedder({self.name!r})"

    def embed(self, texts: Sequence[str]) -> Floats:
        """Float32 array of shape (len(texts), dimensions), rows of unit length.

        Raises:
            ModelError: the server cannot be reached, refuses, or answers with vectors of another number or length.
        """
        import numpy as np

        rows: list[list[float]] = []
        for start in range(0, len(texts), BATCH):
            rows += self._request([_sendable(text) for text in texts[start : start + BATCH]])
        vectors = np.asarray(rows, dtype=np.float32).reshape(len(rows), self.dimensions)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        return (vectors / np.where(lengths > 0, lengths, 1)).astype(np.float32)

    def _request(self, texts: list[str]) -> list[list[float]]:
        with self._lock:
            if self._client is None:
                self._client = make_client(self._base_url, self._api_key, self._max_retries)
        create: Callable[..., Any] = self._client.embeddings.create
        options = {"dimensions": self._asked} if self._asked else {}
        try:
            answer = create(model=self._model, input=texts, encoding_format="float", timeout=self._timeout, **options)
        except Exception as e:  # noqa: BLE001  (the SDK's errors, and its HTTP client's; all become ours)
            raise translated(e, self.name, self._api_key) from None
        try:
            rows: list[list[float]] = [row.embedding for row in sorted(answer.data, key=lambda row: row.index)]
            lengths = {len(row) for row in rows}
        except (AttributeError, TypeError):
            raise ModelError(f"{self.name} answered with something that is not a list of embeddings. Check base_url.") from None
        if len(rows) != len(texts) or lengths != {self._dimensions or max(lengths, default=0)}:
            raise ModelError(
                f"{self.name} gave {len(rows)} vectors of length {sorted(lengths)} for {len(texts)} texts; expected length "
                f"{self._dimensions}. Set dimensions to what the model gives."
            )
        return rows


def _sendable(text: str) -> str:
    """What the server can take: not empty, whole Unicode, not longer than its models read."""
    cut = text[:MAX_ASCII] if text.isascii() else text[:MAX_OTHER].encode("utf-8", "replace").decode()
    return cut if cut.strip() else "-"
