"""How much of the evidence is found, and what each part of the ranking is worth: writes bench/RECALL.md.

    python bench/recall.py                                       our own six chats
    python bench/recall.py --locomo locomo10.json --beam chats/100K --facts --ablate

Each chat becomes one user of one fresh memory file; every message is added with its id, speaker and time, two at a time; every question
is one search. Scored are the ids of the hits' source messages, hit by hit. No model judges anything. `--ablate` takes out one part of
the ranking after the other.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import recall_sets as sets
from page import machine, write_section

from perdure import Memory
from perdure.adapters.embed.minilm import MiniLM
from perdure.stages import fuse, late, plan, rank, search

PAGE = Path(__file__).parent / "RECALL.md"
TITLE = "# How much of the evidence is found\n\nWritten by `bench/recall.py`; do not edit.\n"
DEPTH, BUDGET = 50, 1000


class Remembering(MiniLM):
    """The default embedder, which embeds no text twice: each set is stored two times, as it is and with messages alone."""

    def __init__(self) -> None:
        super().__init__()
        self.known: dict[str, tuple[Any, Any]] = {}

    def embed_passages(self, texts: Sequence[str]) -> tuple[Any, list[Any]]:
        """As `MiniLM` does."""
        new = [t for t in dict.fromkeys(texts) if t not in self.known]
        if new:
            self.known |= {t: made for t, *made in zip(new, *super().embed_passages(new), strict=True)}
        return np.stack([self.known[t][0] for t in texts]), [self.known[t][1] for t in texts]


def filled(path: Path, chats: list[sets.Chat], embedder: MiniLM, *, facts: bool, infer: bool) -> Memory:
    """A memory of all chats, one user each."""
    memory = Memory(str(path), worker=False, embedder=embedder)
    for chat in chats:
        batch: list[dict[str, Any]] = []
        session = ""
        for of, message in [*chat.messages, ("", {})]:
            if batch and (of != session or len(batch) == 2):
                memory.add(batch, user_id=chat.id, session_id=session, infer=infer)
                batch = []
            session = of
            batch += [message] if message else []
        for text, sources, at in chat.facts if facts else ():
            memory.remember(text, user_id=chat.id, sources=sources, timestamp=at)
    return memory


def scored(memory: Memory, questions: list[sets.Question], *, contexts: bool = False) -> dict[str, float]:
    """The measures of one run, by name; those that a set has no questions for are missing."""
    values: dict[str, list[float]] = {}

    def count(name: str, value: float) -> None:
        values.setdefault(name, []).append(value)

    known: list[float] = []
    unknown: list[float] = []
    for q in questions:
        began = time.perf_counter()
        hits = memory.search(q.text, user_id=q.chat, limit=DEPTH)
        count("search ms", 1e3 * (time.perf_counter() - began))
        top = hits[0].score if hits else 0.0
        if q.kind in ("abstention", "abstain"):
            unknown.append(top)
        elif q.answerable:
            known.append(top)
        if not q.gold:
            continue
        ids = list(dict.fromkeys(s.message_id for h in hits for s in h.sources))
        place = {i: n for n, i in enumerate(ids)}
        found = len(q.gold & set(ids[:10])) / len(q.gold)
        reciprocal = max((1 / (1 + place[g]) for g in q.gold if g in place), default=0.0)
        for name in ("all", q.kind):
            count(f"recall@10 {name}", found)
            count(f"MRR {name}", reciprocal)
        if q.old and q.new and not q.old & q.new:
            old, new = (min((place[i] for i in g if i in place), default=DEPTH * 9) for g in (q.old, q.new))
            count("newer above stale", new < old)
            count("only the stale one", old < 10 <= new)
        if q.sides and all(q.sides) and not q.sides[0] & q.sides[1]:
            count("both sides", all(side & set(ids[:10]) for side in q.sides))
        if contexts:
            shown = memory.context(q.text, user_id=q.chat, budget=BUDGET)
            cited = {s.message_id for c in shown.citations for s in c.sources}
            count("in context", len(q.gold & cited) / len(q.gold))
    result = {name: statistics.fmean(x) for name, x in values.items()}
    result["search ms"] = statistics.median(values["search ms"])
    if known and unknown:
        result["AUROC"] = statistics.fmean((k > u) + (k == u) / 2 for k in known for u in unknown)
    return result


# ── what can be taken out ─────────────────────────────────────────────────────────────────────────────────────────────────
@contextmanager
def changed(*changes: tuple[Any, str, Any]) -> Iterator[None]:
    """Attributes or items set to something else for a while."""
    before = [(thing, name, thing[name] if isinstance(thing, dict) else getattr(thing, name)) for thing, name, _ in changes]
    for thing, name, value in [*changes]:
        put(thing, name, value)
    try:
        yield
    finally:
        for thing, name, value in before:
            put(thing, name, value)


def put(thing: Any, name: str, value: Any) -> None:
    """Sets an item of a dict, or an attribute."""
    if isinstance(thing, dict):
        thing[name] = value
    else:
        setattr(thing, name, value)


def without(*names: str) -> Callable[[], Any]:
    """The weights of these channels at nothing."""
    return lambda: changed(*((fuse.WEIGHTS, name, 1e-9) for name in names))


def _as_it_was(*given: Any) -> Any:
    return given[2]


def _unboosted(*given: Any) -> Any:
    return given[0].score.copy(), []


def _unmoved(*given: Any, **_: Any) -> Any:
    return given[0]


def _equally(question: Any, text: str, _: Any, weights: Any = late._weights) -> Any:
    return weights(question, text, {})


def _always(*_: Any) -> float:
    return 0.5


ABLATIONS: dict[str, Callable[[], Any]] = {
    "late interaction": lambda: changed((search, "look_closer", _as_it_was)),
    "rarity of the tokens' words": lambda: changed((late, "_weights", _equally)),
    "meaning": without("vector"),
    "words": without("text"),
    "neighbours": without("neighbours"),
    "neighbours by the question": lambda: changed((fuse, "NEIGHBOURS_VARY", 0.0)),
    "the user's own words (assistant chats)": without("speaker"),
    "the person named (other chats)": lambda: changed((fuse, "NAMED", 0.0)),
    "standing instructions": without("instruction"),
    "mere questions and brevity": without("question", "brevity"),
    "time": without("time"),
    "slots": without("slots"),
    "graph": without("graph"),
    "the question's core": lambda: changed((search, "core", lambda text: text), (plan.asking, "core", lambda text: text)),
    "recency and trust": lambda: changed((rank, "_boosted", _unboosted)),
    "newer over older": lambda: changed((search, "prefer_newer", _unmoved)),
    "confidence": lambda: changed((search, "confidence", _always)),
}


# ── the page ──────────────────────────────────────────────────────────────────────────────────────────────────────────────
MEASURES = ("recall@10 all", "MRR all", "newer above stale", "only the stale one", "both sides", "AUROC", "in context", "search ms")


def line(name: str, result: dict[str, float]) -> str:
    """A row of the table."""
    cells = [f"{result[m]:.1f}" if m == "search ms" else f"{result[m]:.3f}" if m in result else "–" for m in MEASURES]
    return f"| {name} | {' | '.join(cells)} |"


HEAD = [f"| | {' | '.join(MEASURES)} |", "|---|" + "---:|" * len(MEASURES)]


def kinds(result: dict[str, float]) -> str:
    """Recall by kind of question."""
    found = sorted(name.removeprefix("recall@10 ") for name in result if name.startswith("recall@10 ") and not name.endswith(" all"))
    return ", ".join(f"{kind} {result[f'recall@10 {kind}']:.3f} / {result[f'MRR {kind}']:.3f}" for kind in found)


def main() -> None:
    """Measures and writes the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--locomo", type=Path, help="LoCoMo's JSON file")
    parser.add_argument("--beam", type=Path, help="a folder of BEAM's chats")
    parser.add_argument("--facts", action="store_true", help="LoCoMo also with the set's own statements stored")
    parser.add_argument("--ablate", action="store_true", help="take out one part of the ranking after the other")
    parser.add_argument("--out", type=Path, default=PAGE, help="the page to write")
    a = parser.parse_args()
    data = {
        "own, tuned on": sets.own(sets.TUNED_ON),
        "own, held out": sets.own(tuple({p.stem for p in sets.CHATS.glob("*.json")} - {*sets.TUNED_ON})),
    }
    data |= {"LoCoMo": sets.locomo(a.locomo)} if a.locomo else {}
    data |= {"LoCoMo with facts": sets.locomo(a.locomo)} if a.locomo and a.facts else {}
    data |= {"BEAM": sets.beam(a.beam)} if a.beam else {}
    load = os.getloadavg()[0]
    table, plain = [*HEAD], [*HEAD]
    by_kind, removed = list[str](), list[str]()
    with tempfile.TemporaryDirectory() as folder:
        for name, (chats, questions) in data.items():
            embedder = Remembering()
            with filled(Path(folder) / f"{name}.db", chats, embedder, facts=name.endswith("facts"), infer=True) as memory:
                whole = scored(memory, questions, contexts=True)
                print(line(name, whole), flush=True)
                table.append(line(name, whole))
                by_kind.append(f"- {name}: {kinds(whole)}")
                if a.ablate:
                    removed += [f"### {name}", "", *HEAD, line("all of it", whole)]
                    for part, off in ABLATIONS.items():
                        with off():
                            removed.append(line(f"without {part}", scored(memory, questions)))
                        print(removed[-1], flush=True)
                    removed.append("")
            if not name.endswith("facts"):
                with filled(Path(folder) / f"{name} plain.db", chats, embedder, facts=False, infer=False) as memory:
                    plain.append(line(name, scored(memory, questions, contexts=True)))
                    print(plain[-1], flush=True)
    page = a.out
    if not page.exists():
        page.write_text(TITLE, encoding="utf-8")
    lines = [
        "## Found", "", *machine(), f"- load average before: {load:.1f}; search time includes the question's embedding", "",
        "In context: the share of the evidence that `context(budget=1000)` cites. AUROC: how well the first hit's score tells questions",
        "that have an answer from those that look as if they had one. Held out: the tuning did not climb on these chats; the last",
        "choices were made by hand with all sets in view.", "", *table, "",
        "Recall@10 / MRR by kind of question:", "", *by_kind, "",
        "The same with messages alone, nothing extracted (`infer=False`):", "", *plain,
    ]  # fmt: skip
    write_section("found", lines, page)
    if removed:
        write_section("ablations", ["## What each part is worth", "", "Everything but one part, same questions.", "", *removed], page)


if __name__ == "__main__":
    main()
