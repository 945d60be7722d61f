"""Plays a conversation written as data and checks what the memory makes of it.

A case is a list of lines, played in order on a fresh store whose clock stands still. Each line is a table whose first key
says what to do; the others refine it. Every line may name `user` (default "ada"), `agent` and `session`.

Lines that write::

    {add = "I live in Oslo.", at = "2026-01-01T10:00:00Z"}     one user message; also role, metadata, infer
    {talk = ["user: …", "assistant: …", "user/Maya: …"]}       several messages in one add
    {remember = "Ada is vegetarian."}                          a statement as it is
    {update = "locker", text = "…"}   {delete = "locker"}      the live memories that mention the words
    {forget = {user_id = "ada"}}      {rollback = "<time>"}
    {undo = "last"}                                            every change of the last writing line
    {feed_back = "question"}                                   what `context` and `search` recall comes back as messages
    {now = "<time>"}                                           moves the clock

Lines that check (`as_of`, `known_at`, `filters` where the verb takes them)::

    {search = "…", first = "x", has = ["x", "y"], lacks = ["z"], k = 5, empty = true}
    {fact = "lives_in", of = "Tom", is = "Oslo" | isnt | has | lacks | none = true}
    {facts = "Tom", has, lacks, count}                         everything in the key-value view about one entity
    {ask = "…", has, lacks, unknown = true}                    every answer that is not unknown must cite what was said
    {context = "…", has, lacks, budget}
    {graph = "user", reaches = ["x"], lacks, hops, as_of}      entities joined to `graph` by at most `hops` relations
    {live = "x", count = 1 | at_least = 1}   {list = 0}        live memories that mention x; live memories in all
    {history = "x", types = ["add", "supersede"]}              kinds of change of the memories that ever mentioned x
    {began = "x", on = "2026-02"}                              the start of a memory's validity, as precise as written

Words are looked for without regard to case, accents or typographic quotes; "x|y" means either.
"""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CASES = Path(__file__).parent / "cases"
NOW = "2026-03-02T12:00:00Z"  # a Monday


@dataclass(frozen=True)
class Case:
    """One conversation and what must come of it."""

    domain: str
    name: str
    lines: tuple[dict[str, Any], ...]
    now: str = NOW
    misses: str = ""  # why this does not hold yet; the tests fail when it does, so that the note is taken away

    @property
    def id(self) -> str:
        return f"{self.domain}: {self.name}"


def load_cases(folder: Path = CASES) -> list[Case]:
    """Every case of every file, in the order written; a file is a domain."""
    cases: list[Case] = []
    for file in sorted(folder.glob("*.toml")):
        for raw in tomllib.loads(file.read_text(encoding="utf-8"))["case"]:
            name, lines, now, misses = raw.pop("name"), tuple(raw.pop("play")), raw.pop("now", NOW), raw.pop("misses", "")
            cases.append(Case(domain=file.stem, name=name, lines=lines, now=now, misses=misses))
            assert not raw, f"{file.name}: unknown keys {sorted(raw)}"
    return cases


class CaseError(AssertionError):
    """A line of a case did not hold."""


def play(case: Case, path: Path) -> None:
    """Plays `case` on a fresh store at `path`.

    Raises:
        CaseError: a line did not hold; the message quotes the line and what came back.
    """
    from perdure import Memory
    from perdure.testing import FrozenClock

    clock = FrozenClock(case.now)
    with Memory(path, clock=clock) as memory:
        player = Player(memory, clock)
        for number, line in enumerate(case.lines, 1):
            verb, *_ = line
            options = {("is_" if k == "is" else k): v for k, v in line.items() if k != verb}
            try:
                getattr(player, verb)(line[verb], **options)
            except CaseError as e:
                raise CaseError(f"{case.id}\n  line {number}: {line}\n  {e}") from None
            except Exception as e:
                raise CaseError(f"{case.id}\n  line {number}: {line}\n  raised {type(e).__name__}: {e}") from e


class Player:
    """The lines of a case, one method each."""

    def __init__(self, memory, clock) -> None:
        self.memory = memory
        self.clock = clock
        self.changes: list[Any] = []  # of the last writing line
        self.seen: dict[str, set[str]] = {}  # every text each memory ever had

    # ------------------------------------------------------------------ lines that write

    def now(self, when: str) -> None:
        self.clock.set(when)

    def add(self, text: str, *, role="user", at=None, metadata=None, infer=True, **scope) -> None:
        self._wrote(self.memory.add([message(role, text, at, metadata)], infer=infer, **ids(scope)).changes)

    def talk(self, lines: list[str], *, at=None, **scope) -> None:
        messages = []
        for line in lines:
            speaker, _, content = line.partition(": ")
            role, _, name = speaker.partition("/")
            messages.append(message(role, content, at, None) | ({"name": name} if name else {}))
        self._wrote(self.memory.add(messages, **ids(scope)).changes)

    def remember(self, text: str, *, metadata=None, **scope) -> None:
        self._wrote(self.memory.remember(text, metadata=metadata, **ids(scope)).changes)

    def update(self, words: str, *, text: str, **scope) -> None:
        found = self._live(words, scope)
        expect(found, f"no live memory mentions {words!r}")
        self._wrote([change for m in found for change in self.memory.update(m.id, text=text)])

    def delete(self, words: str, **scope) -> None:
        found = self._live(words, scope)
        expect(found, f"no live memory mentions {words!r}")
        self._wrote([change for m in found for change in self.memory.delete(m.id)])

    def forget(self, scope: dict[str, str]) -> None:
        receipt = self.memory.forget(**scope)
        expect(receipt.total > 0, f"the receipt says nothing was erased: {receipt.stores}")
        self.changes = []

    def rollback(self, to: str, **scope) -> None:
        self._wrote(self.memory.rollback(to=to, **ids(scope)))

    def undo(self, which: str) -> None:
        expect(which == "last", f"undo takes 'last', not {which!r}")
        expect(self.changes, "the last line changed nothing that could be undone")
        undone = {c.undoes for c in self.memory.history(self.changes[0].memory_id)}
        for change in reversed(self.changes):
            if change.id not in undone:  # undoing one change may undo what it brought about
                undone |= {c.undoes for c in self.memory.undo(change.id)}
        self.changes = []

    def feed_back(self, question: str, **scope) -> None:
        context = self.memory.context(question, **ids(scope))
        hits = self.memory.search(question, **ids(scope))
        expect(hits, "nothing was recalled")
        self._wrote(self.memory.add([message("system", context.text), message("user", question)], **ids(scope)).changes)
        self._wrote(self.memory.add([message("assistant", f"I remember: {h.text}") for h in hits], **ids(scope)).changes)

    # ------------------------------------------------------------------ lines that check

    def search(self, query: str, *, first="", has=(), lacks=(), k=5, empty=False, **options) -> None:
        hits = self.memory.search(query, limit=k, **ids(options))
        texts = [h.text for h in hits]
        shown = "\n    ".join(f"{h.score:.3f} {'memory ' if h.memory else 'message'} {h.text!r}" for h in hits) or "no hits"
        if empty:
            expect(not hits, f"expected no hits, got\n    {shown}")
        if first:
            expect(texts and mentions(texts[0], first), f"first hit does not say {first!r}\n    {shown}")
        for words in has:
            expect(any(mentions(t, words) for t in texts), f"no hit says {words!r}\n    {shown}")
        for words in lacks:
            expect(not any(mentions(t, words) for t in texts), f"a hit says {words!r}\n    {shown}")

    def fact(self, attribute: str, *, is_="", isnt="", has=(), lacks=(), none=False, **options) -> None:
        found = self.memory.fact(attribute, **ids(options))
        values = found.values if found else ()
        if none:
            expect(found is None, f"expected nothing, got {values}")
        if is_:
            expect(found is not None, f"expected {is_!r}, got nothing")
            expect(any(value(found.value) == value(v) for v in is_.split("|")), f"expected {is_!r}, got {values}")
        if isnt:
            expect(value(isnt) not in [value(v) for v in values], f"got {values}")
        for words in has:
            expect(any(mentions(v, words) for v in values), f"no value says {words!r}: {values}")
        for words in lacks:
            expect(not any(mentions(v, words) for v in values), f"a value says {words!r}: {values}")

    def facts(self, of: str, *, has=(), lacks=(), count=None, **options) -> None:
        found = self.memory.facts(of=of, **ids(options))
        shown = [f"{f.attribute}={', '.join(f.values)}" for f in found]
        if count is not None:
            expect(len(found) == count, f"expected {count}, got {shown}")
        for words in has:
            expect(any(mentions(s, words) for s in shown), f"none says {words!r}: {shown}")
        for words in lacks:
            expect(not any(mentions(s, words) for s in shown), f"one says {words!r}: {shown}")

    def ask(self, question: str, *, has=(), lacks=(), unknown=False, **options) -> None:
        answer = self.memory.ask(question, **ids(options))
        shown = f"{answer.kind} {answer.score:.3f} {answer.text!r}"
        if unknown:
            expect(answer.kind == "unknown", f"expected unknown, got {shown}")
            expect(not answer.citations, f"an unknown answer cites {answer.citations}")
        elif has:
            expect(answer.kind != "unknown", f"expected an answer, got {shown}")
            expect(any(s.quote for c in answer.citations for s in c.sources), f"nothing is cited: {shown}")
        for words in has:
            expect(mentions(answer.text, words), f"does not say {words!r}: {shown}")
        for words in lacks:
            expect(not mentions(answer.text, words), f"says {words!r}: {shown}")

    def context(self, question: str, *, has=(), lacks=(), budget=800, **options) -> None:
        context = self.memory.context(question, budget=budget, **ids(options))
        expect(context.tokens <= budget, f"{context.tokens} tokens are over the budget of {budget}")
        for words in has:
            expect(mentions(context.text, words), f"does not say {words!r}:\n{context.text}")
        for words in lacks:
            expect(not mentions(context.text, words), f"says {words!r}:\n{context.text}")

    def graph(self, around: str, *, reaches=(), lacks=(), hops=2, **options) -> None:
        graph = self.memory.graph(around=around, hops=hops, **ids(options))
        names = [name for r in graph.relations for name in (r.subject, r.object)]
        shown = "; ".join(f"{r.subject} -{r.relation}-> {r.object}" for r in graph.relations) or "no relations"
        for words in reaches:
            expect(any(mentions(n, words) for n in names), f"{words!r} is not reached: {shown}")
        for words in lacks:
            expect(not any(mentions(n, words) for n in names), f"{words!r} is reached: {shown}")

    def live(self, words: str, *, count=None, at_least=None, **scope) -> None:
        found = [m.text for m in self._live(words, scope)]
        expect((count is None) != (at_least is None), "live takes count or at_least")
        if count is not None:
            expect(len(found) == count, f"expected {count} live, got {found}")
        else:
            expect(len(found) >= at_least, f"expected at least {at_least} live; all live: {self._texts(scope)}")

    def list(self, count: int, **scope) -> None:
        texts = self._texts(scope)
        expect(len(texts) == count, f"expected {count} live memories, got {texts}")

    def history(self, words: str, *, types: Iterable[str]) -> None:
        of = [i for i, texts in self.seen.items() if any(mentions(t, words) for t in texts)]
        expect(of, f"no memory ever mentioned {words!r}")
        seen = {change.type for i in of for change in self.memory.history(i)}
        for wanted in types:
            expect(seen & set(wanted.split("|")), f"no {wanted} among {sorted(seen)}")

    def began(self, words: str, *, on: str, **scope) -> None:
        found = self._live(words, scope)
        expect(found, f"no live memory mentions {words!r}; live: {self._texts(scope)}")
        starts = [m.valid_from.isoformat() for m in found]
        expect(any(s.startswith(on) for s in starts), f"expected {on}, got {starts}")

    # ------------------------------------------------------------------ helpers

    def _wrote(self, changes: Iterable[Any]) -> None:
        self.changes = list(changes)
        for change in self.changes:
            for record in (change.before, change.after):
                if record is not None:
                    self.seen.setdefault(record.id, set()).add(record.text)

    def _all(self, scope: dict[str, Any]) -> Iterator[Any]:
        return iter(self.memory.list(limit=1000, **ids(scope)))

    def _live(self, words: str, scope: dict[str, Any]) -> list[Any]:
        return [m for m in self._all(scope) if mentions(m.text, words)]

    def _texts(self, scope: dict[str, Any]) -> list[str]:
        return [m.text for m in self._all(scope)]


def expect(holds: object, otherwise: str) -> None:
    if not holds:
        raise CaseError(otherwise)


def message(role: str, content: str, at: str | None = None, metadata: dict[str, Any] | None = None) -> dict[str, Any]:
    made: dict[str, Any] = {"role": role, "content": content}
    if at:
        made["timestamp"] = at
    if metadata:
        made["metadata"] = metadata
    return made


def ids(options: dict[str, Any]) -> dict[str, Any]:
    """`user`, `agent`, `session` under the names the interface gives them; the user is Ada unless said otherwise."""
    known = {"user", "agent", "session", "as_of", "known_at", "filters", "kinds", "of"}
    expect(known.issuperset(options), f"unknown options {sorted(set(options) - known)}")
    out = {"user_id": "ada"}
    for key, given in options.items():
        out[f"{key}_id" if key in ("user", "agent", "session") else key] = given
    return out


def folded(text: str) -> str:
    """Without case, accents, typographic quotes and runs of spaces."""
    text = text.replace("’", "'").replace("‘", "'")
    bare = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return " ".join(bare.casefold().split())


def mentions(text: str, words: str) -> bool:
    """Whether `text` holds `words`, or one of its alternatives separated by "|"."""
    return any(folded(w) in folded(text) for w in words.split("|"))


def value(text: str) -> str:
    """A value for comparison: folded, without a leading article or a final stop."""
    bare = folded(text).strip(" .,!\"'")
    for article in ("the ", "a ", "an "):
        bare = bare.removeprefix(article)
    return bare
