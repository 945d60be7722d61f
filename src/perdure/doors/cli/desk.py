"""What every command works at: the memory it opens, where it prints, and what its end means to a shell.

A command is a function whose first parameter is a `Desk`. `verb` gives it the options that every command has
(``--file --config --llm --embedder --json``, also accepted before the command's name), opens and closes the memory,
and turns errors into one line on stderr and an exit code.
"""

from __future__ import annotations

import functools
import inspect
import json
import os
import sys
from collections.abc import Callable, Generator, Iterable
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, NoReturn, ParamSpec, cast

import typer

from perdure.doors.cli import options
from perdure.errors import InputError, LedgerError, ModelError, NotFoundError, PerdureError
from perdure.model.base import plain

if TYPE_CHECKING:
    from rich.console import Console

    from perdure import Memory
    from perdure.ports import LLM

P = ParamSpec("P")

EXIT_CODES: tuple[tuple[type[PerdureError], int], ...] = ((NotFoundError, 3), (InputError, 4), (LedgerError, 5), (ModelError, 6))
INTERRUPTED = 130
COMMON = {
    "file": (options.File, None),
    "config": (options.ConfigFile, None),
    "llm": (options.Llm, None),
    "embedder": (options.Embedder, None),
    "as_json": (options.Json, False),
}


def exit_code(error: BaseException) -> int:
    """What the shell gets for `error`: 3 not found, 4 input refused, 5 ledger unusable, 6 model failed, else 1."""
    return next((code for kind, code in EXIT_CODES if isinstance(error, kind)), 1)


@dataclass
class Desk:
    """The options common to all commands, the memory behind them, and where to print.

    `model` is the LLM that the settings name, once the memory is open.
    """

    file: str | None = None
    config: str | None = None
    llm: str | None = None
    embedder: str | None = None
    as_json: bool = False
    creates: bool = False
    worker: bool = False
    model: LLM | None = field(default=None, repr=False)
    _memory: Memory | None = field(default=None, repr=False)

    @property
    def memory(self) -> Memory:
        """The memory, opened at first use.

        Raises:
            LedgerError: it cannot be opened, or a command that only reads names a file that does not exist.
        """
        if self._memory is None:
            self._memory = self._open()
        return self._memory

    def _open(self) -> Memory:
        from perdure import Memory
        from perdure.config import backend, configure

        settings = configure(self.config, location=self.file, llm=self.llm, embedder=self.embedder)
        at = str(settings.location)
        if not self.creates and "://" not in at and at != ":memory:" and not Path(at).expanduser().exists():
            raise LedgerError(f"There is no ledger at {at}. Check --file (or PERDURE_FILE); `perdure add` would make one.")
        if settings.llm is not None:
            self.model = backend("llm", settings.llm)
        return Memory(settings.location, llm=self.model, embedder=self.embedder, config=self.config, worker=self.worker)

    def close(self) -> None:
        """The memory closed, if it was opened."""
        if self._memory is not None:
            self._memory.close()
            self._memory = None

    @property
    def out(self) -> Console:
        """Where results go, for people."""
        return console()

    @property
    def err(self) -> Console:
        """Where remarks and progress go."""
        return console(stderr=True)

    def show(self, value: object, human: Callable[[Console], None]) -> None:
        """`value` as one JSON document with --json, else whatever `human` prints."""
        if self.as_json:
            print_json(value)
        else:
            human(self.out)

    def remark(self, text: str) -> None:
        """One line on stderr that is not part of the result."""
        from perdure.doors.cli.show import clean

        self.err.print(clean(text), style="dim", soft_wrap=True)

    def fail(self, error: BaseException) -> NoReturn:
        """The command's end in an error: said once on stderr, and told to the shell.

        Raises:
            typer.Exit: always.
        """
        code = exit_code(error)
        say_error(str(error), kind=type(error).__name__, code=code, as_json=self.as_json, argument=_named(error))
        raise typer.Exit(code) from error

    def busy(self, label: str) -> AbstractContextManager[object]:
        """A spinner on stderr, on a terminal only, for what may take longer than a second and cannot say how long."""
        return nullcontext() if self.as_json or not self.err.is_terminal else self.err.status(label)

    @contextmanager
    def progress(self, label: str, *, unit: str = "messages") -> Generator[Callable[[float, int], None]]:
        """A progress bar on stderr (on a terminal only, after a second); call it with the fraction done and a count."""
        from perdure.doors.cli.show import progress_bar

        with progress_bar(self.err, label, unit=unit, shown=not self.as_json) as update:
            yield update


def _named(error: BaseException) -> str:
    for attribute in ("argument", "setting", "backend"):
        name = getattr(error, attribute, "")
        if isinstance(name, str) and name:
            return name
    return ""


def console(*, stderr: bool = False) -> Console:
    """A console on the stream as it is now; colour only on a terminal, and never markup from stored text."""
    from rich.console import Console

    made = Console(stderr=stderr, highlight=False, markup=False, emoji=False)
    if not made.is_terminal and "COLUMNS" not in os.environ:
        made.width = 120  # a pipe has no width; what rich assumes folds tables more than a reader of a log wants
    return made


def print_json(value: object) -> None:
    """`value` on stdout as one JSON document."""
    sys.stdout.write(json.dumps(plain(value), ensure_ascii=False, indent=2) + "\n")


def say_error(message: str, *, kind: str, code: int, as_json: bool, argument: str = "") -> None:
    """One line on stderr; with --json one JSON object with type, message, exit_code and, when there is one, argument."""
    if as_json:
        body = {"type": kind, "message": message, "exit_code": code} | ({"argument": argument} if argument else {})
        sys.stderr.write(json.dumps({"error": body}, ensure_ascii=False) + "\n")
        return
    from perdure.doors.cli.show import clean

    line = " ".join(clean(message).split())
    console(stderr=True).print(f"perdure: {line}", style="red", soft_wrap=True)


def verb(
    app: typer.Typer, name: str, *, creates: bool = False, worker: bool = False
) -> Callable[[Callable[Concatenate[Desk, P], None]], Callable[..., None]]:
    """Registers a command.

    Args:
        app: where.
        name: the command's name.
        creates: it may create the ledger; other commands refuse a --file that does not exist.
        worker: background jobs run while it does.
    """

    def register(function: Callable[Concatenate[Desk, P], None]) -> Callable[..., None]:
        own = list(inspect.signature(function, eval_str=True).parameters.values())[1:]
        shared = [
            inspect.Parameter(key, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
            for key, (annotation, default) in COMMON.items()
        ]
        context = inspect.Parameter("ctx", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)

        @functools.wraps(function)
        def command(*, ctx: typer.Context, **given: Any) -> None:
            before: dict[str, Any] = ctx.obj or {}
            chosen: dict[str, Any] = {key: given.pop(key) or before.get(key) for key in COMMON}
            desk = Desk(**chosen, creates=creates, worker=worker)
            try:
                function(desk, **given)  # type: ignore[call-arg]
            except PerdureError as error:
                desk.fail(error)
            except (KeyboardInterrupt, typer.Abort):
                say_error("interrupted.", kind="KeyboardInterrupt", code=INTERRUPTED, as_json=desk.as_json)
                raise typer.Exit(INTERRUPTED) from None
            finally:
                desk.close()

        keyword_only = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in own]
        parameters = [context, *keyword_only, *shared]
        del command.__wrapped__  # type: ignore[attr-defined]
        command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        command.__annotations__ = {p.name: p.annotation for p in parameters}
        app.command(name)(command)
        return command

    return register


def json_object(text: str | None, option: str) -> dict[str, Any] | None:
    """The JSON object in an option's value; None when it was not given.

    Raises:
        InputError: it is not a JSON object.
    """
    if text is None:
        return None
    try:
        value = json.loads(text)
    except ValueError as e:
        raise InputError(f'{option}: not JSON ({e}). Give an object such as \'{{"topic": "travel"}}\'.', argument=option) from e
    if not isinstance(value, dict):
        raise InputError(f"{option}: give a JSON object, not {text!r}.", argument=option)
    return cast("dict[str, Any]", value)


def text_of(words: Iterable[str] | None, *, what: str) -> str:
    """The text given as arguments, or standard input for ``-`` or when there is none and input is piped.

    Raises:
        typer.BadParameter: neither was given.
    """
    given = list(words or ())
    if given and given != ["-"]:
        return " ".join(given)
    if not given and sys.stdin.isatty():
        raise typer.BadParameter(f"give {what}, or - to read standard input.")
    return sys.stdin.read()
