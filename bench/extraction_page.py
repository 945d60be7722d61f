"""What the extraction keeps of our conversations: writes a section of bench/EXTRACTION.md.

    python bench/extraction_page.py                                             the rules
    python bench/extraction_page.py --title "a strong model" --llm recorded:bench/extraction/recorded/strong.jsonl

Everything but `--title` goes to `perdure bench extraction`, whose figures these are.
"""

import argparse
import contextlib
import io
import json
import sys
from pathlib import Path
from typing import Any

from page import machine, write_section

from perdure.doors.cli.main import app

PAGE = Path(__file__).parent / "EXTRACTION.md"
TITLE = """# What is kept of a conversation

Written by `bench/extraction_page.py` (`make bench-extraction`); do not edit. Each section is one extractor on the conversations in
`bench/extraction`, measured with `perdure bench extraction`; bench/extraction/README.md says how they are written and scored.
P is precision, R is recall. Superseded: found of those expected. Lost: expected memories that were superseded by mistake. Noise:
memories made of messages of which nothing may be kept. The dev half may be looked at while prompts and rules are worked on, the
test half not.

The strong model is Claude. Its replies (`strong.jsonl`) were written by agents that were shown the requests alone, a batch of a
language at a time and later adds after their own earlier replies; they are no single calls of an API. Conversations and expectations
were written with the same model's help, so its memory figures flatter: read the slots, relations and supersessions, and what the
checks behind the model do with them. Those checks were loosened once after a look at these figures, on both halves (superseded 25 of 43
before). The local model (`local.jsonl`) was served by llama.cpp with the small prompt (`extractor="llm:small"`), which asks for no slots.
"""
HEAD = ("kept / expected", "memory P", "memory R", "F1", "slot P", "slot R", "relation P", "relation R", "superseded", "lost", "noise")


def report_of(arguments: list[str]) -> dict[str, Any]:
    """What `perdure bench extraction --json` prints."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        app(["bench", "extraction", "--json", *arguments], standalone_mode=False)
    text = out.getvalue()
    if not text:
        sys.exit(1)
    return json.loads(text)


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _row(name: str, of: dict[str, Any]) -> str:
    counts, shares = of["counts"], of["shares"]
    names = ("memory_precision", "memory_recall", "memory_f1", "slot_precision", "slot_recall", "relation_precision", "relation_recall")
    cells = [
        f"{counts['kept']} / {counts['expected']}", *(_share(shares[n]) for n in names),
        f"{counts['superseded']}/{counts['supersessions']}", str(counts["lost"]), str(counts["noise"]),
    ]  # fmt: skip
    return f"| {name} ({counts['conversations']}) | " + " | ".join(cells) + " |"


def lines_of(title: str, report: dict[str, Any], arguments: list[str]) -> list[str]:
    """A section of the page."""
    total, shares = report["total"]["counts"], report["total"]["shares"]
    rows = {"all": report["total"]} | report["by_split"] | report["by_language"] | report["by_domain"]
    cost = f"{report['calls']} calls for {report['adds']} adds, {report['input_tokens']:,} tokens in and {report['output_tokens']:,} out"
    guessed = f" ({report['estimated']} of the calls estimated)" if report["estimated"] else ""
    last = (
        f"Of the memories found, the kind was right in {_share(shares['kind'])}, the term in {_share(shares['term'])}, the date in "
        f"{_share(shares['date'])} (of {total['dated']} with one). Repeated memories: {total['repeated']}. Open slots that must not be: "
        f"{total['slots_stale']}. Slots and relations that nobody judged: {total['slots_unjudged']} and {total['relations_unjudged']}."
    )
    return [
        f"## {title[:1].upper()}{title[1:]}",
        "",
        *machine(),
        f"- command: `{' '.join(['perdure bench extraction', *arguments])}`",
        f"- {cost}{guessed}; {report['seconds']:.1f} s, {report['model_seconds']:.1f} s of it in the model",
        f"- adds that could not be extracted: {report['failed']}",
        "",
        f"| | {' | '.join(HEAD)} |",
        f"|---|{'---:|' * len(HEAD)}",
        *(_row(name, of) for name, of in rows.items()),
        "",
        last,
    ]


def main() -> None:
    """Measures and writes the section named by --title."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], add_help=False)
    parser.add_argument("--title", default="the rules, without a model")
    own, passed = parser.parse_known_args()
    report = report_of(passed)
    if not PAGE.exists():
        PAGE.write_text(TITLE, encoding="utf-8")
    write_section(own.title, lines_of(own.title, report, passed), PAGE)
    print(f"{PAGE.name}: {own.title}")


if __name__ == "__main__":
    main()
