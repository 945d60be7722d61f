"""Embeddings from any server that speaks OpenAI's API, through the official SDK."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Self

from perdure.adapters.llm.servers import SERVERS, Connection
from perdure.errors import ConfigError, ModelError

if TYPE_CHECKING:
    from perdure.ports import Floats

#: Lengths of well-known models' vectors, from their model cards; any other is found out with one request.
DIMENSIONS: Final[Mapping[str, int]] = {
    "text-embedding-3-small": 1536,
    "text-embedding-3-large": 3072,
    "text-embedding-ada-002": 1536,
    "mistral-embed": 1024,
    "nomic-embed-text": 768,
    "mxbai-embed-large": 1024,
    "all-minilm": 384,
    "bge-m3": 1024,
    "BAAI/bge-m3": 1024,
    "BAAI/bge-small-en-v1.5": 384,
    "BAAI/bge-base-en-v1.5": 768,
    "BAAI/bge-large-en-v1.5": 1024,
    "intfloat/multilingual-e5-large-instruct": 1024,
}
BATCH: Final = 128
"""Texts in one request,"""
BATCH_CHARACTERS: Final = 200_000
"""and their characters together. OpenAI takes 300,000 tokens a request."""
MAX_ASCII: Final = 24_000
"""Characters of a text that are sent. OpenAI's models take 8,191 tokens; English has more than three characters to one,"""
MAX_OTHER: Final = 6_000
"""other scripts may have more than one token to a character."""
SHORTEST: Final = 256
"""Characters to which a text is cut, by halves, for a server that refuses longer ones."""


class OpenAIEmbedder:
    """Vectors from OpenAI, one of `perdure.adapters.llm.servers` that has embeddings, or any other server at `base_url`.

    Args:
        model: the model's name as the server knows it; at Azure the deployment's. A tag (``:latest``) does not matter to its length.
        server: a name from the table of servers.
        dimensions: ask for shorter vectors, where the model can give them. Else the model's own length: known for common models,
            found out with one request for others.
        base_url: the server's address; default the table's, for OpenAI ``OPENAI_BASE_URL`` first.
        api_key: default the environment variable of the table; a local server needs none.
        timeout: seconds for one attempt.
        max_retries: further attempts when the server is busy, failing or silent.
        headers: sent with each request.
        extra_body: further fields of each request.
        api_version: of Azure's API.

    Raises:
        MissingExtraError: the package `openai` is not installed (on first use).
        ConfigError: the server has no embeddings; or, on first use, there is no key and the server is not one that needs none.
    """

    def __init__(
        self,
        model: str = "text-embedding-3-small",
        *,
        server: str = "openai",
        dimensions: int | None = None,
        base_url: str | None = None,
        api_key: str | None = None,
        timeout: float = 60.0,
        max_retries: int = 2,
        headers: Mapping[str, str] | None = None,
        extra_body: Mapping[str, Any] | None = None,
        api_version: str | None = None,
    ) -> None:
        self._model = model
        self._at = Connection(server, base_url, api_key, max_retries, headers, api_version)
        if not self._at.hints.embeds:
            raise ConfigError(
                f"{server} has no embeddings. Those that do: {', '.join(n for n, s in SERVERS.items() if s.embeds)}.", setting="embedder"
            )
        self._asked = dimensions
        self._dimensions = dimensions or DIMENSIONS.get(model, 0) or DIMENSIONS.get(model.removesuffix(":latest"), 0)
        self._timeout = timeout
        self._extra = dict(extra_body or {})
        self._probing = threading.Lock()
        self._shortens = True
        self._longest = MAX_ASCII

    @classmethod
    def named(cls, server: str, model: str = "", **options: Any) -> Self:
        """The embedder that ``<server>:<model>`` names; ``openai`` alone is OpenAI's default model.

        Raises:
            ConfigError: another server without a model.
        """
        if model:
            return cls(model, server=server, **options)
        if server != "openai" and "model" not in options:
            raise ConfigError(f"embedder={server!r} does not say which model. Write {server}:<model>.", setting="embedder")
        return cls(server=server, **options)

    @property
    def name(self) -> str:
        """``<server>:<model>``, with the dimensions when they were asked for."""
        return f"{self._at.server}:{self._model}" + (f"@{self._asked}" if self._asked else "")

    @property
    def dimensions(self) -> int:
        """Length of a vector. One request for a model that is not known, the first time.

        Raises:
            ModelError: that request failed; `dimensions` as a setting makes it unnecessary.
        """
        with self._probing:
            if not self._dimensions:
                try:
                    self._dimensions = len(self._request(["dimensions"])[0])
                except ModelError as e:
                    raise type(e)(
                        f"{e} (It was asked for the length of its vectors; set dimensions to open a memory without asking.)"
                    ) from None
            return self._dimensions

    def __repr__(self) -> str:
        where = f", base_url={self._at.shown!r}" if self._at.base_url else ""
        return f"OpenAIEmbedder({self.name!r}{where})"

    def embed(self, texts: Sequence[str]) -> Floats:
        """Float32 array of shape (len(texts), dimensions), rows of unit length.

        Raises:
            ModelError: the server cannot be reached, refuses, or answers with vectors of another number or length.
        """
        import numpy as np

        rows: list[list[float]] = []
        for batch in _batches([_sendable(text) for text in texts]):
            rows += self._request(batch)
        vectors = np.asarray(rows, dtype=np.float32).reshape(len(rows), self.dimensions)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        if not np.isfinite(lengths).all():
            raise ModelError(f"{self.name} gave a vector that holds something else than numbers.")
        vectors[lengths[:, 0] == 0, 0] = 1.0  # a text in which the model sees nothing
        return (vectors / np.where(lengths > 0, lengths, 1)).astype(np.float32)

    def _request(self, texts: list[str]) -> list[list[float]]:
        create: Callable[..., Any] = self._at.client().embeddings.create
        options: dict[str, Any] = {"extra_body": self._extra} if self._extra else {}
        # Each round asks for less, so this ends.
        while True:
            shorter = {"dimensions": self._asked} if self._asked and self._shortens else {}
            sent = [text[: self._longest] for text in texts]
            try:
                answer = create(model=self._model, input=sent, encoding_format="float", timeout=self._timeout, **options, **shorter)
            except Exception as e:  # noqa: BLE001  (the SDK's errors, and its HTTP client's; all become ours)
                if not self._weaken(e, shorter=bool(shorter), longest=max(map(len, sent))):
                    raise self._at.translated(e, self.name) from None
            else:
                return self._checked(answer, len(texts))

    def _weaken(self, error: Exception, *, shorter: bool, longest: int) -> bool:
        """Whether `error` refuses what we can do without; the instance remembers.

        A server that cannot shorten vectors may have them as short as was asked for. Models read from 256 tokens to 8,192, and some
        servers refuse a longer text instead of reading its beginning.
        """
        if getattr(error, "status_code", 0) not in (400, 413, 422, 500):
            return False
        said = str(error).casefold()
        if shorter and "dimension" in said:
            self._shortens = False
            return True
        if longest > SHORTEST and any(words in said for words in ("context", "too long", "too large", "maximum", "max_length", "exceed")):
            self._longest = max(SHORTEST, longest // 2)
            return True
        return False

    def _checked(self, answer: Any, wanted: int) -> list[list[float]]:
        try:
            rows: list[list[float]] = [row.embedding for row in sorted(answer.data, key=lambda row: row.index)]
            lengths = {len(row) for row in rows}
        except (AttributeError, TypeError):
            raise ModelError(f"{self.name} answered with something that is not a list of embeddings. Check base_url.") from None
        if len(rows) != wanted or lengths != {self._dimensions or max(lengths, default=0)} or lengths == {0}:
            raise ModelError(
                f"{self.name} gave {len(rows)} vectors of length {sorted(lengths)} for {wanted} texts; expected length "
                f"{self._dimensions}. Set dimensions to what the model gives."
            )
        self._dimensions = lengths.pop()
        return rows


def _batches(texts: Sequence[str]) -> Iterator[list[str]]:
    """At most `BATCH` texts and `BATCH_CHARACTERS` characters at a time; at least one text."""
    batch: list[str] = []
    size = 0
    for text in texts:
        if batch and (len(batch) == BATCH or size + len(text) > BATCH_CHARACTERS):
            yield batch
            batch, size = [], 0
        batch.append(text)
        size += len(text)
    if batch:
        yield batch


def _sendable(text: str) -> str:
    """What the server can take: not empty, whole Unicode, not longer than its models read."""
    cut = text[:MAX_ASCII] if text.isascii() else text[:MAX_OTHER].encode("utf-8", "replace").decode()
    return cut if cut.strip() else "-"
