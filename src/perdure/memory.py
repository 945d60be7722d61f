"""Memory: the door with the verbs. They stand in `perdure.verbs`; each is a few lines over a stage."""

from __future__ import annotations

from perdure.verbs.answering import Answering
from perdure.verbs.entities import Entities
from perdure.verbs.looking import Looking
from perdure.verbs.maturing import Maturing
from perdure.verbs.reading import Reading
from perdure.verbs.upkeep import Upkeep
from perdure.verbs.writing import Writing


class Memory(Answering, Writing, Reading, Looking, Entities, Maturing, Upkeep):
    """A memory: captures what is said, keeps what is worth keeping, finds it again and says where it comes from.

    Args:
        location: path of the ledger file (made when missing), ":memory:", or None for ``memory.db`` in the user's data folder.
        llm: for extraction and answers, e.g. "openai:gpt-5-mini", or an object with `complete` (see `perdure.ports.LLM`). Without one,
            rules extract and `ask` answers with the best supported statement.
        embedder: default "minilm", on the CPU, without a download; "openai:text-embedding-3-small", "hashing", or an object.
        extractor: default "llm" if there is an LLM, else "rules"; "llm:small" gives a small model a shorter prompt; or an object.
        reranker: an object that looks again at the head of a ranking; default none.
        vector, graph, kv: stores other than the ledger's file.
        instructions: what this application wants kept and left out, its own kinds, slots and entity types.
        budget: what extraction may cost a day; beyond it messages are captured and wait.
        prices: of models, per million tokens.
        consolidate: "idle" has the background thread consolidate what has changed and rested for a minute; default: when you call it.
        config: a TOML file (or dict) with these settings.
        clock: any callable that returns an aware datetime.
        ids: any callable that returns a fresh string.
        worker: whether a background thread retries what failed and extracts what was only captured.

    Raises:
        ConfigError: a setting is wrong. LedgerError: the ledger cannot be used; the message says why.

    Scopes are given by keyword (`user_id`, `agent_id`, `session_id`); `ScopeError` when one is not allowed. Times are aware datetimes,
    ISO 8601 strings or epoch seconds; naive means UTC. Every method may raise `LedgerError` and, after `close`, `ClosedError`.
    """
