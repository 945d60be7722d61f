"""demo: the whole pipeline on a support history, offline, in a file that is thrown away.

Everything shown is what the library returned. Each step also checks what it claims; the first claim that does not hold ends the
demo with exit code 1. The clock stands still at `NOW`, so "last week" means the same every time.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from perdure.doors.cli.desk import Desk, console, verb
from perdure.errors import PerdureError
from perdure.model.graph import SELF, Relation, entity_key

if TYPE_CHECKING:
    from rich.console import Console

    from perdure import Memory
    from perdure.model.message import Message

NOW = datetime(2026, 3, 20, 10, 0, tzinfo=UTC)
BEFORE_THE_MOVE = datetime(2026, 1, 25, tzinfo=UTC)
HISTORY = Path(__file__).with_name("demo.jsonl")
# In a clone; an installed package does not carry the examples.
CONVERSATION = Path(__file__).parents[4] / "examples" / "data" / "conversations.json"
QUESTION = "What was my laptop issue last week?"
USER = "ada"


class ClaimError(PerdureError):
    """The demo claimed something that the library did not do."""


def claim(holds: object, what: str) -> None:
    """Nothing, when `holds`.

    Raises:
        ClaimError: it does not.
    """
    if not holds:
        raise ClaimError(f"The demo's claim does not hold: {what}. Please report this with the output above.")


def register(app: typer.Typer) -> None:
    """Adds this file's command."""
    verb(app, "demo")(demo)


def demo(
    desk: Desk,
    conversation: Annotated[
        Path | None,
        typer.Option("--conversation", metavar="FILE", exists=True, help="The file to import at the end. Default: an example."),
    ] = None,
    keep: Annotated[Path | None, typer.Option("--keep", metavar="LEDGER", help="Keep the ledger here, to look into.")] = None,
) -> None:
    """Show the whole pipeline on a support history, offline.

    Takes a temporary file, needs no key and no network, and checks every claim it makes.
    """
    if desk.as_json:
        raise typer.BadParameter("the demo is for people; --json has nothing to print.")
    from perdure import Memory

    with tempfile.TemporaryDirectory(prefix="perdure-demo-") as folder:
        ledger = keep or Path(folder) / "demo.db"
        if ledger.exists():
            raise typer.BadParameter(f"{ledger} exists; --keep wants a new file.")
        with Memory(str(ledger), clock=lambda: NOW, worker=False) as memory:
            show = Demo(memory, console())
            show.capture()
            show.extraction()
            show.moved()
            show.ask()
            show.forget()
            show.import_file(conversation or CONVERSATION)
            show.close()


@dataclass
class Demo:
    """The steps, in order, on one memory."""

    memory: Memory
    out: Console
    step: int = 0

    def head(self, title: str) -> None:
        """A step's title."""
        self.step += 1
        self.out.print()
        self.out.rule(f"{self.step}. {title}", align="left", style="bold")

    def capture(self) -> None:
        """Five sessions over two months go in, session by session."""
        from perdure.doors.cli import show

        self.head("Capture: a support history of five sessions, January to March")
        rows: list[tuple[str, ...]] = []
        for session, messages in sessions(HISTORY).items():
            result = self.memory.add(messages, user_id=USER, session_id=session)
            claim(result.job is not None and result.job.state == "done", f"{session} was captured and understood")
            kept = "\n".join(f"{c.type}: {show.change_text(c)}" for c in result.changes)
            rows.append((session, show.day(messages[0].timestamp), str(len(messages)), kept or "nothing to remember"))
        show.table(self.out, ("session", "date", "messages", "memories"), rows)
        again = self.memory.add(next(iter(sessions(HISTORY).values())), user_id=USER, session_id=next(iter(sessions(HISTORY))))
        claim(again.duplicate, "the first session, delivered again, is recognised")
        self.out.print("The first session delivered again: recognised, nothing stored twice.", style="green")
        asked, home = "should answers be short?", "s2-preferences"
        inside = self.memory.search(asked, user_id=USER, session_id=home)
        outside = self.memory.search(asked, user_id=USER, session_id="s3-new-address")
        claim(any("answers short" in hit.text for hit in inside), "what was said for one chat is known in it")
        claim(not any("answers short" in hit.text for hit in outside), "what was said for one chat is not known in another")
        self.out.print("“Just for this chat …” is short-term: found in its own session, not in another.", style="green")

    def extraction(self) -> None:
        """What an extractor makes of one add, as JSON."""
        from perdure.doors.cli import show

        self.head("Extract: what the session about the overheating becomes (by rules; no model, no key)")
        messages: list[Message] = sessions(HISTORY)["s4-overheating"]
        contract = self.memory.extract(messages, user_id=USER).to_contract(user=USER)
        claim(contract["memories"], "there is something to remember in it")
        for kept in contract["memories"]:
            claim(kept["quote"] in messages[int(kept["message"])].content, f"the quote {kept['quote']!r} stands in its message")
        claim(contract["relations"], "it relates things to each other")
        for message in messages:
            self.out.print(show.clean(f"{message.speaker}: {message.content}"), style="italic")
        self.out.print(show.clean(as_lines(contract)), soft_wrap=True)

    def moved(self) -> None:
        """Delhi becomes Bangalore: one fact holds, the old one stays readable."""
        from perdure.doors.cli import show

        self.head("Kept true: Delhi becomes Bangalore")
        now = self.memory.fact("lives_in", user_id=USER)
        then = self.memory.fact("lives_in", user_id=USER, as_of=BEFORE_THE_MOVE)
        claim(now is not None and now.values == ("Bangalore",), "she lives in Bangalore, and there alone")
        claim(then is not None and then.values == ("Delhi",), "as of January she lived in Delhi")
        if now is None or then is None:
            return
        rows = [("now", now.value, now.memory.text, show.standing(now.memory))]
        rows.append((f"as of {show.day(BEFORE_THE_MOVE)}", then.value, then.memory.text, show.standing(then.memory)))
        show.table(self.out, ("when", "lives_in", "memory", "valid"), rows)
        history = list(self.memory.history(then.memory.id))
        claim(len(history) > 1, "the Delhi memory's history shows its end")
        show.changes(self.out, history, title="History of the Delhi memory")
        question = "Where do I live?"
        self.out.print(f"\n{question}", style="bold")
        for label, at, town in (("today", None, "Bangalore"), (f"as of {show.day(BEFORE_THE_MOVE)}", BEFORE_THE_MOVE, "Delhi")):
            first = self.memory.ask(question, user_id=USER, as_of=at).text.partition("\n")[0]
            claim(first.startswith(town), f"{question} is answered {label} with {town}, not with {first!r}")
            self.out.print(f"  {label}: {show.clean(first)}")

    def ask(self) -> None:
        """The question of last week's issue, with its way through the stores."""
        from perdure.doors.cli import read, show

        self.head(f"Ask: {QUESTION}")
        hits = self.memory.search(QUESTION, user_id=USER, limit=3)
        claim(hits, "the question finds something")
        self.out.print("What the search found, and why (a bar a channel):", style="bold")
        show.hits(self.out, hits, explain=True)
        started = time.perf_counter()
        answer = self.memory.ask(QUESTION, user_id=USER)
        spent = time.perf_counter() - started
        self.out.print()
        self.out.print("The answer:", style="bold")
        read.show_answer(self.out, answer, trace=True)
        self.out.print(f"({spent * 1000:.1f} ms)", style="dim")
        said = answer.text.casefold()
        claim("overheat" in said and "dell xps" in said, "the answer says that the Dell XPS overheated")
        claim("v2.3" in said, "the answer says that BIOS update v2.3 solved it")
        claim(answer.citations and all(c.sources for c in answer.citations), "every citation has its messages")
        stores = {step.store for step in answer.trace}
        claim({"vector", "graph"} <= stores and stores & {"slots", "kv"}, "the trace goes through vector, graph and key-value")
        self._paths()

    def _paths(self) -> None:
        """The graph's path to the solution and the key-value facts, each with the message that proves it."""
        from perdure.doors.cli import show

        graph = self.memory.graph(user_id=USER, around=SELF, hops=3)
        types = {entity.key: entity.type for entity in graph.entities}
        path = way(graph.relations, entity_key(SELF), lambda key: types.get(key) == "Solution")
        claim(path, "the graph leads from the user to a solution")
        reached = [types.get(entity_key(name)) for name in (path[0].subject, *(edge.object for edge in path))]
        claim(reached == ["User", "Device", "Issue", "Solution"], f"its way is User, Device, Issue, Solution, not {reached}")
        self.out.print("\nThe graph's way to it, edge by edge:", style="bold")
        rows: list[tuple[str, ...]] = []
        for edge, kind in zip(path, reached[1:], strict=True):
            source = self.memory.get(edge.memory_id).sources[0]
            rows.append((f"{edge.subject} ─{edge.relation}→ {edge.object}", str(kind), show.source_line(source)))
        show.table(self.out, ("relation", "leads to", "proved by"), rows)
        facts = {fact.attribute: fact for fact in self.memory.facts(user_id=USER)}
        claim({"device", "warranty"} <= set(facts), "the key-value view knows the device and its warranty")
        self.out.print("\nThe key-value view, slot by slot:", style="bold")
        shown = [facts[attribute] for attribute in ("device", "warranty", "issue", "solution") if attribute in facts]
        slots = [(f"{f.entity} · {f.attribute}", f.value, show.source_line(f.memory.sources[0])) for f in shown]
        show.table(self.out, ("slot", "value", "proved by"), slots)

    def forget(self) -> None:
        """One session erased everywhere, with a receipt."""
        from perdure.doors.cli.forget import show_receipt

        self.head("Forget: the session about the desk, erased everywhere")
        session = "s5-desk"
        found = self.memory.search("standing desk", user_id=USER)
        claim(any("desk" in hit.text for hit in found), "the desk can be found before")
        receipt = self.memory.forget(user_id=USER, session_id=session)
        show_receipt(self.out, receipt)
        claim(receipt.total > 0, "something was erased")
        left = self.memory.search("standing desk", user_id=USER)
        claim(not any("desk" in hit.text for hit in left), "the desk is found no more")
        self.out.print("A search for the desk finds nothing of it.", style="green")

    def import_file(self, path: Path) -> None:
        """A real conversation file, imported twice, then searched."""
        from perdure.doors.cli import show
        from perdure.doors.cli.importer import Importer
        from perdure.doors.cli.transfer import show_import

        self.head("Import: a conversation file, and search in it")
        if not path.exists():
            self.out.print("Left out: this installation carries no example. Name one of yours with --conversation FILE.", style="yellow")
            return
        self.out.print(path.name, style="bold")
        for attempt in ("first", "again"):
            importer = Importer(self.memory, {"user_id": "maike"})
            started = time.perf_counter()
            importer.run([path], lambda _fraction, _count: None)
            report = importer.report([path], time.perf_counter() - started)
            if attempt == "first":
                show_import(self.out, report)
                claim(report.stored == report.read > 0, "every message read was stored")
            else:
                claim(report.stored == 0 and report.already_there == report.read, "imported again, nothing is stored twice")
                self.out.print("Imported again: every message was already there.", style="green")
        if path != CONVERSATION:
            return
        for question, expected in (
            ("What must I not eat in Portugal?", "shellfish"),
            ("Which shoes do I run in?", "Brooks"),
            ("Who will be my boss at the library?", "Petersen"),
        ):
            started = time.perf_counter()
            hits = self.memory.search(question, user_id="maike", limit=3)
            spent = time.perf_counter() - started
            self.out.print(f"\n{question}  ({spent * 1000:.1f} ms)", style="bold")
            for hit in hits:
                source = f"{show.day(hit.sources[0].said_at)}, {hit.sources[0].said_by}" if hit.sources else ""
                self.out.print(f"  {hit.score:.2f}  {show.short(hit.text)}  [{source}]")
            claim(any(expected.casefold() in hit.text.casefold() for hit in hits), f"“{question}” finds “{expected}”")

    def close(self) -> None:
        """The indexes held against the ledger, last of all."""
        verification = self.memory.verify()
        claim(verification.ok, f"the indexes agree with the ledger: {verification.drift[:3]}")
        self.out.print()
        self.out.print("Every index agrees with the ledger, and every claim above was checked.", style="bold green")


def as_lines(contract: dict[str, Any]) -> str:
    """A JSON object with one line for each element of its lists."""
    parts: list[str] = []
    for name, value in contract.items():
        if isinstance(value, list):
            items = ",\n".join("    " + json.dumps(item, ensure_ascii=False) for item in cast("list[object]", value))
            parts.append(f"  {json.dumps(name)}: [\n{items}\n  ]")
        else:
            parts.append(f"  {json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}")
    return "{\n" + ",\n".join(parts) + "\n}"


def way(relations: Sequence[Relation], start: str, there: Callable[[str], bool]) -> list[Relation]:
    """The shortest path of relations from the entity with key `start` to one for which `there` holds; empty if there is none."""
    ways: dict[str, list[Relation]] = {start: []}
    queue = [start]
    for key in queue:
        if there(key):
            return ways[key]
        for relation in relations:
            reached = entity_key(relation.object)
            if entity_key(relation.subject) == key and reached not in ways:
                ways[reached] = [*ways[key], relation]
                queue.append(reached)
    return []


def sessions(path: Path) -> dict[str, list[Message]]:
    """The messages of a conversation file, by session, in order."""
    from perdure.doors.cli.formats import Line, read

    found: dict[str, list[Message]] = {}
    for item in read(path):
        if isinstance(item, Line):
            found.setdefault(item.session_id or "", []).append(item.message)
    return found
