"""Servers that speak OpenAI's API: where each is, which environment variable holds its key, and what it is known to accept.

The table spares the user a base URL and us a refused request; it decides nothing else. What a server turns out to refuse is left out
when it says so (see `perdure.adapters.llm.openai`), so a wrong hint costs one request.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Literal

from perdure.errors import ConfigError, LLMTimeoutError, LLMUnavailableError, MissingExtraError, PerdureError

if TYPE_CHECKING:
    from openai import OpenAI

Level = Literal["json_schema", "json_object", "text"]
Limit = Literal["max_tokens", "max_completion_tokens"]


@dataclass(frozen=True, slots=True)
class Server:
    """One entry of the table.

    `url`: the base URL. `key`: the environment variable of its API key. `needs_key`: False for what runs on one's own machine.
    `schema`: how far a JSON Schema is taken: as it is, as "some JSON object", or only in words. `limit`: what the token limit is called.
    `embeds`: whether it has an embeddings API.
    """

    url: str
    key: str
    needs_key: bool = True
    schema: Level = "json_schema"
    limit: Limit = "max_tokens"
    embeds: bool = False


SERVERS: Final[Mapping[str, Server]] = MappingProxyType(
    {
        "openai": Server("https://api.openai.com/v1", "OPENAI_API_KEY", limit="max_completion_tokens", embeds=True),
        # Its endpoint is the customer's own: AZURE_OPENAI_ENDPOINT or base_url. The model is the name of the deployment.
        "azure": Server("", "AZURE_OPENAI_API_KEY", embeds=True),
        "openrouter": Server("https://openrouter.ai/api/v1", "OPENROUTER_API_KEY", embeds=True),
        "groq": Server("https://api.groq.com/openai/v1", "GROQ_API_KEY"),
        "together": Server("https://api.together.xyz/v1", "TOGETHER_API_KEY", embeds=True),
        "deepseek": Server("https://api.deepseek.com", "DEEPSEEK_API_KEY", schema="json_object"),
        "mistral": Server("https://api.mistral.ai/v1", "MISTRAL_API_KEY", embeds=True),
        "xai": Server("https://api.x.ai/v1", "XAI_API_KEY"),
        "vllm": Server("http://localhost:8000/v1", "VLLM_API_KEY", needs_key=False, embeds=True),
        "ollama": Server("http://localhost:11434/v1", "OLLAMA_API_KEY", needs_key=False, embeds=True),
        "lmstudio": Server("http://localhost:1234/v1", "LMSTUDIO_API_KEY", needs_key=False, embeds=True),
        "llama_cpp": Server("http://localhost:8080/v1", "LLAMA_CPP_API_KEY", needs_key=False, embeds=True),
    }
)
AZURE_VERSION: Final = "2024-10-21"
"""Of Azure's API when neither `api_version` nor OPENAI_API_VERSION says otherwise: the last one that is generally available."""

_KEY_LIKE: Final = re.compile(r"\b(?:sk|key|hf|gsk|xai|pplx|tgp)[-_][\w*.-]{6,}|(?i:bearer\s+)\S+")
REDACTED: Final = "[redacted:api_key]"


class Secret(str):
    """A key: a string like any other, except where it would be shown."""

    __slots__ = ()

    def __repr__(self) -> str:
        return repr(REDACTED)


@dataclass(slots=True)
class Connection:
    """How to reach a server, and the SDK's client once it has been reached. One for each LLM and embedder.

    Raises:
        ConfigError: there is no server of this name.
    """

    server: str = "openai"
    base_url: str | None = None
    api_key: str | None = field(default=None, repr=False)
    max_retries: int = 2
    headers: Mapping[str, str] | None = field(default=None, repr=False)
    api_version: str | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _client: OpenAI | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if self.server not in SERVERS:
            raise ConfigError(f"There is no server {self.server!r}. Known: {', '.join(SERVERS)}.", setting="server")
        if self.api_key is not None:
            self.api_key = Secret(self.api_key)

    @property
    def hints(self) -> Server:
        """The server's entry in the table."""
        return SERVERS[self.server]

    @property
    def shown(self) -> str:
        """The base URL if one was given, without anything that could be a login; for messages."""
        return without_login(self.base_url)

    def client(self) -> OpenAI:
        """The SDK's client, the same for every call.

        Raises:
            MissingExtraError: the package `openai` is not installed.
            ConfigError: a key or an address is missing.
        """
        with self._lock:
            if self._client is None:
                self._client = self._made()
            return self._client

    def _made(self) -> OpenAI:
        try:
            import openai
        except ImportError as e:
            raise MissingExtraError("This needs the OpenAI SDK. Run: pip install 'perdure[openai]'", setting="openai") from e
        key, headers = self._key(), dict(self.headers or {})
        if self.server == "azure":
            endpoint = (self.base_url or os.environ.get("AZURE_OPENAI_ENDPOINT") or "").rstrip("/")
            if not endpoint:
                raise ConfigError("No address for Azure: set AZURE_OPENAI_ENDPOINT, or give base_url.", setting="base_url")
            if not endpoint.endswith("/openai/v1"):
                version = self.api_version or os.environ.get("OPENAI_API_VERSION") or AZURE_VERSION
                return openai.AzureOpenAI(
                    azure_endpoint=endpoint, api_version=version, api_key=key, max_retries=self.max_retries, default_headers=headers
                )
            return openai.OpenAI(api_key=key, base_url=endpoint, max_retries=self.max_retries, default_headers=headers)
        # OpenAI's own address is left to the SDK, which knows OPENAI_BASE_URL.
        url = self.base_url or (None if self.server == "openai" else self.hints.url)
        return openai.OpenAI(api_key=key, base_url=url, max_retries=self.max_retries, default_headers=headers)

    def _key(self) -> str:
        elsewhere = self.server == "openai" and (self.base_url or os.environ.get("OPENAI_BASE_URL"))
        key = self.api_key or os.environ.get(self.hints.key)
        if key:
            return Secret(key)
        if self.hints.needs_key and not elsewhere:
            other = ", or name a server that needs none with base_url" if self.server == "openai" else ", or give api_key"
            raise ConfigError(f"No key for {self.server}: set {self.hints.key}{other}.", setting="api_key")
        return "none"

    def translated(self, error: Exception, name: str) -> PerdureError:
        """An error of the SDK as one of ours, without the key. `name`: of the LLM or embedder."""
        return translated(error, name, self.api_key or os.environ.get(self.hints.key))


def translated(error: Exception, name: str, api_key: str | None) -> PerdureError:
    """An error of the OpenAI or Anthropic SDK, or of the HTTP client below them, as one of ours, without the key."""
    if isinstance(error, PerdureError):
        return error
    kind = type(error).__name__
    said = without_keys(str(error), api_key)
    if "timeout" in kind.casefold():
        return LLMTimeoutError(f"{name} did not answer in time. Raise the timeout, or try again later.")
    status: Any = getattr(error, "status_code", 0)
    if kind == "APIConnectionError" or (not status and "connect" in kind.casefold()):
        return LLMUnavailableError(f"{name} cannot be reached: {said} Check base_url and that the server is running.")
    advice = {
        401: "Check the API key.",
        403: "Check what the API key may do.",
        404: "Check the model's name and base_url.",
        413: "The prompt is too long for the server.",
        429: "Out of quota or too many requests: wait, or raise the limit.",
        529: "The provider is overloaded: try again later.",
    }.get(status, "")
    return LLMUnavailableError(f"{name} failed: {said or kind} {advice}".strip())


def without_keys(said: str, *keys: str | None) -> str:
    """At most 300 characters of what a server said, on one line, with nothing that is or looks like a key."""
    for key in keys:
        if key:
            said = said.replace(str(key), REDACTED)
    return _KEY_LIKE.sub(REDACTED, " ".join(said.split()))[:300]


def without_login(url: str | None) -> str:
    """A URL without user, password and query."""
    return re.sub(r"//[^/@]*@", "//", url or "").partition("?")[0]
