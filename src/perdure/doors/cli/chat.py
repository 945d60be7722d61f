"""chat: a terminal conversation that remembers.

With an LLM it answers from what it remembers, sentence by sentence as each is checked, and keeps each turn. Without one it says
what it stored of each message and what it recalled to it. Either way recalled text is data: fenced in the prompt, cleaned on the screen.
"""

from __future__ import annotations

import secrets
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

import typer

from perdure.doors.cli import options
from perdure.doors.cli.desk import Desk, verb
from perdure.errors import InputError, ModelError
from perdure.model.base import Value

if TYPE_CHECKING:
    from perdure.model.change import AddResult
    from perdure.model.search import Answer, Hit

HELP = """\
/facts            what is known of you
/why [N]          why the last recalled hits are there
/forget ID        erase one memory, for good
/forget session   erase this conversation, for good
/quit             leave (so does Ctrl-D)"""
RECALLED = 3


@dataclass(frozen=True, slots=True)
class ChatTurn(Value):
    """One line of the conversation and what came of it."""

    said: str
    reply: str
    stored: AddResult | None
    recalled: tuple[Hit, ...]


@dataclass
class Chat:
    """One conversation: `scope` names the user or agent and the session, `budget` the tokens of memory in each prompt."""

    desk: Desk
    scope: dict[str, Any]
    budget: int
    turns: list[ChatTurn] = field(default_factory=list[ChatTurn])

    def say(self, said: str) -> None:
        """One message: recalled to, answered, kept."""
        from perdure.doors.cli import read, show

        memory = self.desk.memory
        # Recall comes first: else the message just kept would be its own best hit.
        recalled = tuple(memory.search(said, limit=RECALLED, **self.scope))
        stream = memory.chat(said, budget=self.budget, wait="committed", stream=True, **self.scope)
        if not self.desk.as_json:
            read.print_stream(self.desk, stream)
        answer = stream.answer
        self._print_recalled(answer, recalled)
        for number, stored in enumerate(answer.added):
            if not self.desk.as_json:
                for change in stored.changes:
                    self._print(f"  {change.type}: {show.change_text(change)}", style=show.STYLES.get(change.type, ""))
                self._print_slots(stored)
            if stored.job is not None and stored.job.error is not None:
                self.desk.remark(f"  kept, but not understood yet: {stored.job.error}")
            for warning in stored.warnings if not number else ():
                self.desk.remark(f"  {warning}")
        self.turns.append(ChatTurn(said, answer.text, answer.added[0] if answer.added else None, recalled))

    def _print_recalled(self, answer: Answer, recalled: tuple[Hit, ...]) -> None:
        """What the reply rests on; what was dropped from it; and without an LLM, what came to mind."""
        from perdure.doors.cli import show

        if self.desk.as_json:
            return
        show.citations(self.desk.out, answer.citations)
        for dropped in answer.dropped:
            self._print(f"  dropped: {dropped}", style="yellow")
        for hit in recalled if self.desk.model is None else ():
            self._print(f"  recalled {hit.score:.2f}: {show.short(hit.text)}", style="cyan")
            for source in hit.sources[:1]:
                self._print(f"    {show.source_line(source)}", style="dim")

    def _print_slots(self, stored: AddResult) -> None:
        slots = [s for record in stored.memories for s in record.slots if s.valid_to is None]
        for entity, attribute, value in dict.fromkeys((s.entity, s.attribute, s.value) for s in slots):
            self._print(f"    {entity} · {attribute} = {value}", style="yellow")

    def _print(self, text: str, *, style: str = "") -> None:
        from perdure.doors.cli import show

        if not self.desk.as_json:
            self.desk.out.print(show.clean(text), style=style or None)

    def command(self, line: str) -> bool:
        """One line beginning with a slash; False to leave."""
        from perdure.doors.cli import read, show
        from perdure.doors.cli.forget import show_receipt

        name, _, rest = line.partition(" ")
        rest = rest.strip()
        owner = {key: value for key, value in self.scope.items() if key != "session_id"}
        if name in ("/quit", "/exit", "/q"):
            return False
        if name == "/facts":
            read.show_facts(self.desk.out, list(self.desk.memory.facts(**owner)))
        elif name == "/why":
            hits = self.turns[-1].recalled if self.turns else ()
            if rest and not (rest.isdecimal() and 1 <= int(rest) <= len(hits)):
                raise InputError(f"/why {rest}: the last message recalled {len(hits)} hits.", argument="why")
            show.hits(self.desk.out, hits[int(rest) - 1 : int(rest)] if rest else hits, explain=True)
        elif name == "/forget" and rest:
            target = {"session_id": self.scope["session_id"]} | owner if rest == "session" else {"id": rest}
            show_receipt(self.desk.out, self.desk.memory.forget(**target))
        else:
            self._print(HELP)
        return True


def register(app: typer.Typer) -> None:
    """Adds this file's command."""
    verb(app, "chat", creates=True, worker=True)(chat)


def chat(
    desk: Desk,
    *,
    user: options.User = None,
    agent: options.Agent = None,
    session: Annotated[str | None, typer.Option("--session", metavar="ID", help="Go on with this session. Default: a new one.")] = None,
    budget: Annotated[
        int, typer.Option("--budget", "-b", metavar="TOKENS", min=50, max=100_000, help="Tokens of memory in each prompt.")
    ] = 800,
) -> None:
    """Talk, and be remembered. /facts, /why, /forget and /quit inside.

    With --llm it answers from memory. Without it says what it stored of each message and what it recalled.
    """
    scope = options.scope(user, agent, None if user or agent else session)
    scope["session_id"] = session or f"chat-{secrets.token_hex(4)}"
    desk.memory.stats()  # opens the ledger, or says why not, before the first word
    talk = Chat(desk, scope, budget)
    if sys.stdin.isatty() and not desk.as_json:
        with_whom = f"answers by {desk.model.name}" if desk.model is not None else "no LLM: says what it stores and recalls"
        desk.remark(f"Session {scope['session_id']}, {with_whom}. /help lists commands.")
    for line in _lines(desk):
        try:
            if line.startswith("/") and not desk.as_json:
                if not talk.command(line):
                    break
            elif line == "/quit":
                break
            else:
                talk.say(line)
        except (InputError, LookupError, ModelError) as error:
            if not sys.stdin.isatty():
                raise
            desk.remark(str(error))
    if desk.as_json:
        from perdure.doors.cli.desk import print_json

        print_json({"session_id": scope["session_id"], "turns": talk.turns})


def _lines(desk: Desk) -> Iterator[str]:
    """The lines typed or piped in, without empty ones, until the end of input."""
    if sys.stdin.isatty():
        import contextlib

        with contextlib.suppress(ImportError):
            import readline  # noqa: F401  # pyright: ignore[reportUnusedImport]  (gives `input` line editing)
    while True:
        try:
            line = input("you> ") if sys.stdin.isatty() and not desk.as_json else sys.stdin.readline()
        except EOFError:
            return
        if not line and not sys.stdin.isatty():
            return
        if line.strip():
            yield line.strip()
