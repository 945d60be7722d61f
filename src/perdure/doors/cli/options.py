"""The options commands share, each spelled once. `--user` falls back on PERDURE_USER; what erases never does."""

from __future__ import annotations

from typing import Annotated, Any

import typer

File = Annotated[
    str | None,
    typer.Option("--file", "-f", metavar="LEDGER", help="The ledger: a file or a URL. Default: PERDURE_FILE, else your data folder."),
]
ConfigFile = Annotated[str | None, typer.Option("--config", metavar="TOML", help="A perdure.toml with the settings.")]
Llm = Annotated[str | None, typer.Option("--llm", metavar="MODEL", help="LLM, e.g. openai:gpt-5-mini. Default: none.")]
Embedder = Annotated[str | None, typer.Option("--embedder", metavar="MODEL", help="Embedder. Default: the one built in.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document, for programs.")]

User = Annotated[str | None, typer.Option("--user", "-u", metavar="ID", envvar="PERDURE_USER", help="Whose memory.", show_default=False)]
Agent = Annotated[str | None, typer.Option("--agent", metavar="ID", help="The agent it belongs to.")]
Session = Annotated[str | None, typer.Option("--session", metavar="ID", help="The session it belongs to.")]
ErasedUser = Annotated[str | None, typer.Option("--user", "-u", metavar="ID", help="Whose memory; PERDURE_USER is not read here.")]

Limit = Annotated[int, typer.Option("--limit", "-n", metavar="N", min=1, help="At most this many.")]
Budget = Annotated[int, typer.Option("--budget", "-b", metavar="TOKENS", min=50, max=100_000, help="At most this many tokens.")]
AsOf = Annotated[str | None, typer.Option("--as-of", metavar="TIME", help="What was true then (ISO 8601).")]
KnownAt = Annotated[str | None, typer.Option("--known-at", metavar="TIME", help="What was known then (ISO 8601).")]
Since = Annotated[str | None, typer.Option("--since", metavar="TIME", help="From this instant (ISO 8601).")]
Until = Annotated[str | None, typer.Option("--until", metavar="TIME", help="Until this instant (ISO 8601). Default: now.")]
Kind = Annotated[
    list[str] | None, typer.Option("--kind", "-k", metavar="KIND", help="fact, preference, episodic or procedural; repeatable.")
]
Where = Annotated[
    str | None,
    typer.Option("--where", metavar="JSON", help='A filter, e.g. \'{"metadata.topic": "travel"}\'.', show_default=False),
]
Metadata = Annotated[str | None, typer.Option("--metadata", metavar="JSON", help="A JSON object kept with it.", show_default=False)]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


def scope(user: str | None, agent: str | None, session: str | None) -> dict[str, Any]:
    """Keyword arguments naming the scope; the parts not given are left out.

    Raises:
        typer.BadParameter: none is given.
    """
    named = {"user_id": user, "agent_id": agent, "session_id": session}
    given = {key: value for key, value in named.items() if value is not None}
    if not given:
        raise typer.BadParameter("say whose memory: --user ID (or set PERDURE_USER), --agent ID or --session ID.")
    return given
