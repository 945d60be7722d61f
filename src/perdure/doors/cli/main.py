"""`perdure`: the command line. One command for each verb of `perdure.Memory`; this file only puts them together."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from perdure.doors.cli import (
    bench,
    care,
    chat,
    consolidate,
    demo,
    entities,
    forget,
    options,
    past,
    read,
    transfer,
    why,
    write,
)
from perdure.doors.cli.desk import COMMON, INTERRUPTED, say_error

HELP = "A memory for AI agents: what was said is kept, understood, kept true, and found again with its sources."
EXIT_CODES = """\b
Exit codes:
  0  done
  1  another error; `verify` and `doctor`: something is wrong with the ledger's indexes
  2  wrong usage
  3  not found
  4  input refused, nothing was written
  5  the ledger cannot be used
  6  a model failed; with `add`, the messages are kept and the job is retried
  130  interrupted (Ctrl-C)"""

app = typer.Typer(
    name="perdure",
    help=HELP,
    epilog=EXIT_CODES,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
# In the order of a memory's life, which is the order of `perdure --help`.
for part in (write, chat, read, entities, why, past, forget, transfer, care, consolidate, bench, demo):
    part.register(app)


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        sys.stdout.write(f"perdure {version('perdure')}\n")
        raise typer.Exit


@app.callback(help=HELP)
def main(
    ctx: typer.Context,
    *,
    file: Annotated[
        str | None,
        typer.Option("--file", "-f", metavar="LEDGER", envvar="PERDURE_FILE", help="The ledger. Default: in your data folder."),
    ] = None,
    config: options.ConfigFile = None,
    llm: options.Llm = None,
    embedder: options.Embedder = None,
    as_json: options.Json = False,
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")] = False,
) -> None:
    """The options that stand before a command."""
    del version
    given: dict[str, Any] = {"file": file, "config": config, "llm": llm, "embedder": embedder, "as_json": as_json}
    ctx.obj = {key: given[key] for key in COMMON}


def run(arguments: list[str] | None = None) -> None:
    """The entry point: runs the command named on the command line and ends the process with its exit code.

    Raises:
        SystemExit: always.
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")  # a terminal that cannot show a character must not end the command
    try:
        code = app(args=arguments, prog_name="perdure", standalone_mode=False)
    except typer.Abort:
        say_error("interrupted.", kind="Abort", code=INTERRUPTED, as_json="--json" in arguments)
        code = INTERRUPTED
    except KeyboardInterrupt:
        code = INTERRUPTED
    except Exception as error:
        # Usage errors come from the parser, whose classes typer does not export under a stable name.
        message = getattr(error, "format_message", None)
        if message is None:
            raise
        context = getattr(error, "ctx", None)
        hint = f" Try `{context.command_path} --help`." if context is not None else ""
        if (text := str(message())) and type(error).__name__ != "NoArgsIsHelpError":
            say_error(text + hint, kind="UsageError", code=2, as_json="--json" in arguments)
        else:
            error.show()  # type: ignore[attr-defined]
        code = 2
    raise SystemExit(code if isinstance(code, int) else 0)


if __name__ == "__main__":
    run()
