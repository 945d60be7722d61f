"""search, ask, context, facts, graph: what comes out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from perdure.doors.cli import options
from perdure.doors.cli.desk import Desk, json_object, print_json, text_of, verb
from perdure.model.graph import SELF

if TYPE_CHECKING:
    from rich.console import Console

    from perdure.model.graph import Graph
    from perdure.model.search import Answer, Context, Fact

Words = Annotated[list[str] | None, typer.Argument(metavar="QUESTION", help="What to look for; - reads standard input.")]


def register(app: typer.Typer) -> None:
    """Adds this file's commands."""
    verb(app, "search")(search)
    verb(app, "ask")(ask)
    verb(app, "context")(context)
    verb(app, "facts")(facts)
    verb(app, "graph")(graph)


def given(**arguments: Any) -> dict[str, Any]:
    """The arguments that are not None."""
    return {key: value for key, value in arguments.items() if value is not None}


def search(
    desk: Desk,
    query: Words = None,
    *,
    user: options.User = None,
    agent: options.Agent = None,
    session: options.Session = None,
    limit: options.Limit = 10,
    kind: options.Kind = None,
    where: options.Where = None,
    as_of: options.AsOf = None,
    known_at: options.KnownAt = None,
    explain: Annotated[bool, typer.Option("--explain", help="Draw why each hit is there, a bar a signal.")] = False,
) -> None:
    """Find memories and messages, best first."""
    from perdure.doors.cli import show

    scope = options.scope(user, agent, session)
    narrowed = given(filters=json_object(where, "--where"), kinds=kind or None, as_of=as_of, known_at=known_at)
    found = desk.memory.search(text_of(query, what="what to look for"), limit=limit, **scope, **narrowed)
    desk.show(found, lambda out: show.hits(out, found, explain=explain))


def ask(
    desk: Desk,
    question: Words = None,
    *,
    user: options.User = None,
    agent: options.Agent = None,
    session: options.Session = None,
    mark: Annotated[bool, typer.Option("--mark", help="Show what its sources do not bear out too, marked [unverified].")] = False,
    trace: Annotated[bool, typer.Option("--trace", help="Show the way from each sentence to memory and message.")] = False,
) -> None:
    """Answer a question from memory, with citations that were checked.

    In a terminal an LLM's answer appears sentence by sentence, as each is written and checked.
    """
    scope = options.scope(user, agent, session)
    asked = text_of(question, what="a question")
    stream = desk.memory.ask(asked, unsupported="mark" if mark else "drop", stream=True, **scope)
    if desk.as_json:
        print_json(stream.answer)
    else:
        print_stream(desk, stream)
        show_grounds(desk.out, stream.answer, trace=trace)


def print_stream(desk: Desk, stream: Iterator[str]) -> None:
    """Pieces of text as they come, and the end of the line; nothing when there are none."""
    from perdure.doors.cli import show

    with desk.busy("Looking…"):
        piece = next(stream, None)
    if piece is None:
        return
    while piece is not None:
        desk.out.print(show.clean(piece), style="bold", end="", soft_wrap=True)
        piece = next(stream, None)
    desk.out.print()


def show_answer(out: Console, answer: Answer, *, trace: bool) -> None:
    """An answer, what it cites, what was dropped from it, and the way to it."""
    from perdure.doors.cli import show

    out.print(show.clean(answer.text), style="bold")
    show_grounds(out, answer, trace=trace)


def show_grounds(out: Console, answer: Answer, *, trace: bool) -> None:
    """What stands below an answer's text: who wrote it, what it cites, what was dropped from it, and the way to it."""
    from perdure.doors.cli import show

    remarks = {"statement": "the best supported statement; no LLM wrote this", "unknown": "nothing known", "model": "by the LLM"}
    out.print(f"({remarks[answer.kind]}, score {answer.score:.2f})", style="dim")
    show.citations(out, answer.citations)
    for dropped in answer.dropped:
        out.print(show.clean(f"dropped: {dropped}"), style="yellow")
    if trace:
        show_trace(out, answer)


def show_trace(out: Console, answer: Answer) -> None:
    """From each sentence to the memories it rests on, how each was found, and the messages that prove it; then the path that joins them."""
    from rich.text import Text
    from rich.tree import Tree

    from perdure.doors.cli import show

    tree = Tree(Text("Trace", style="bold"), guide_style="dim")
    texts = {c.memory_id or (c.sources[0].message_id if c.sources else ""): c for c in answer.citations}
    for place, claim in enumerate(answer.claims):
        steps = [step for step in answer.trace if step.claim == place]
        style = "green" if claim.verdict == "supported" else "yellow"
        verdict = f"  {claim.verdict} {claim.support:.2f}" + (f": {claim.reason}" if claim.reason else "")
        sentence = tree.add(Text.assemble(show.short(claim.text), (show.clean(verdict), style)))
        branches: dict[str, Tree] = {}
        for step in steps:
            key = step.memory_id or (step.message_id if step.message_id in texts else next((k for k in texts if k not in branches), ""))
            if step.memory_id not in branches and key not in branches:
                cited = texts.get(key)
                label = f"[{cited.number}] {show.short(cited.text)}" if cited is not None else key
                branches[key] = sentence.add(Text.assemble(label, (f"  {key}", "dim")))
            branch = branches[key]
            if step.store == "ledger":
                branch.add(Text(f"said {show.when(step.said_at)} in {step.message_id}: {show.short(step.found, 160)}", style="cyan"))
            else:
                branch.add(Text(f"found by {step.store}: {show.short(step.found, 160)}", style="dim"))
    for step in answer.trace:
        if step.claim < 0:
            tree.add(Text(f"{step.store}: {show.short(step.found)}", style="magenta"))
    out.print(tree)


def context(
    desk: Desk,
    question: Words = None,
    *,
    user: options.User = None,
    agent: options.Agent = None,
    session: options.Session = None,
    budget: options.Budget = 800,
) -> None:
    """Print what belongs in a prompt for a question.

    Facts, memories and messages, fenced, dated and cited, within a token budget.
    """
    scope = options.scope(user, agent, session)
    made = desk.memory.context(text_of(question, what="a question"), budget=budget, **scope)
    desk.show(made, lambda out: show_context(out, made))


def show_context(out: Console, made: Context) -> None:
    """The context's text, as it goes into the prompt, then its size."""
    from perdure.doors.cli import show

    out.print(show.clean(made.text), soft_wrap=True)
    out.print(f"({made.tokens} of {made.budget} tokens, {len(made.citations)} citations)", style="dim")


def facts(
    desk: Desk,
    attribute: Annotated[str | None, typer.Argument(metavar="ATTRIBUTE", help="One attribute, e.g. lives_in.")] = None,
    *,
    user: options.User = None,
    agent: options.Agent = None,
    session: options.Session = None,
    of: Annotated[str | None, typer.Option("--of", metavar="NAME", help="Whose facts. Default: the user's own.")] = None,
    as_of: options.AsOf = None,
    known_at: options.KnownAt = None,
) -> None:
    """Show what holds, attribute by attribute: the key-value view."""
    from perdure.errors import NotFoundError

    scope = options.scope(user, agent, session)
    asked = given(of=of, as_of=as_of, known_at=known_at)
    if attribute is None:
        found = list(desk.memory.facts(**scope, **asked))
        desk.show(found, lambda out: show_facts(out, found))
        return
    one = desk.memory.fact(attribute, **scope, **asked)
    if one is None:
        raise NotFoundError(f"No {attribute} is known of {of or 'the user'}. `perdure facts` lists what is.")
    desk.show(one, lambda out: show_facts(out, [one]))


def show_facts(out: Console, found: list[Fact]) -> None:
    """Facts as a table."""
    from perdure.doors.cli import show

    if not found:
        out.print("Nothing known.", style="dim")
        return
    rows = [(f.entity, f.attribute, ", ".join(f.values), show.day(f.slot.valid_from or f.memory.valid_from), f.memory.id) for f in found]
    show.table(out, ("of", "attribute", "value", "since", "memory"), rows)


def graph(
    desk: Desk,
    around: Annotated[str, typer.Argument(metavar="NAME", help="Where to start; the user by default.")] = SELF,
    *,
    user: options.User = None,
    agent: options.Agent = None,
    session: options.Session = None,
    hops: Annotated[int, typer.Option("--hops", metavar="N", min=1, max=4, help="How many relations away at most.")] = 2,
    as_of: options.AsOf = None,
) -> None:
    """Show who and what is related to whom, with proofs."""
    scope = options.scope(user, agent, session)
    found = desk.memory.graph(around=around, hops=hops, **scope, **given(as_of=as_of))
    desk.show(found, lambda out: show_graph(out, found))


def show_graph(out: Console, found: Graph) -> None:
    """Relations with the texts that prove them."""
    from rich.text import Text

    from perdure.doors.cli import show

    if not found.relations:
        out.print(f"No relations around {show.clean(found.around)}.", style="dim")
        return
    types = {entity.key: entity.type for entity in found.entities}
    proofs: dict[tuple[str, str, str, str], list[str]] = {}
    for r in found.relations:
        span = show.day(r.valid_from) + (f" – {show.day(r.valid_to)}" if r.valid_to else "")
        proofs.setdefault((r.subject, r.relation, r.object, span), []).append(found.proofs.get(r.memory_id, ""))
    rows: list[tuple[Text, str, str]] = []
    for (subject, relation, thing, span), texts in proofs.items():
        edge = Text.assemble(show.clean(subject), (f" ─{show.clean(relation)}→ ", "magenta"), show.clean(thing))
        edge.append(f"  {_type(types, thing)}", style="dim")
        rows.append((edge, span, texts[0] + (f" (and {len(texts) - 1} more)" if len(texts) > 1 else "")))
    show.table(out, ("relation", "when", "proof"), rows, title=f"Around {found.around}")


def _type(types: dict[str, str], name: str) -> str:
    from perdure.model.graph import entity_key

    return types.get(entity_key(name), "")
