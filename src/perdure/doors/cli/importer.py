"""Conversations from files into a memory: in batches of one session, so that it can be stopped and started again.

Each batch is one `add`, and an `add` is all or nothing; message ids are stable (see `formats`). An import that was interrupted
is continued by running it again: what is in already is recognised by its id and costs a look-up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perdure.doors.cli.formats import Format, Progress, read
from perdure.doors.cli.parts import Line, Skip
from perdure.errors import ImportFormatError
from perdure.model.base import Value

if TYPE_CHECKING:
    from perdure import Memory

BATCH = 16
# After as many adds in a row whose extraction failed the rest is captured only: a dead model would cost its timeout each time.
GIVE_UP_AFTER = 3


@dataclass(frozen=True, slots=True)
class ImportReport(Value):
    """What an import did.

    `read` messages were found; of these `stored` are new and `already_there` were in before. `changes` counts the changes to
    memories that came out of them. `skipped` were left out, with the reason. `waiting` adds wait for their extraction.
    """

    files: tuple[str, ...]
    read: int
    stored: int
    already_there: int
    sessions: int
    changes: int
    waiting: int
    skipped: tuple[Skip, ...]
    seconds: float


@dataclass
class Importer:
    """One import into `memory`; `counts` grow while it runs, so that an interruption can say how far it came."""

    memory: Memory
    scope: dict[str, Any]
    form: Format = "auto"
    infer: bool = True
    skip_bad: bool = False
    limit: int | None = None
    session: str | None = None
    batch: int = BATCH
    read: int = 0
    added: int = 0
    changes: int = 0
    waiting: int = 0
    sessions: set[str] = field(default_factory=set[str])
    skipped: list[Skip] = field(default_factory=list[Skip])
    _failures: int = 0
    _before: int | None = None

    def run(self, files: Iterable[Path], update: Callable[[float, int], None]) -> None:
        """Imports `files` in order; `update` gets the fraction of the file read and the number of messages so far.

        Raises:
            ImportFormatError: a file, or (without `skip_bad`) one message of it, cannot be read; what came before is stored.
        """
        self._before = self._count() if self._before is None else self._before
        for path in files:
            progress = Progress()
            for batch in self._batches(self._lines(path, progress)):
                self._add(batch)
                update(progress.fraction, self.read)

    def report(self, files: Iterable[Path], seconds: float) -> ImportReport:
        """The counts as they are now.

        How many messages are new is the difference of the ledger's own counts.
        """
        stored = self._count() - self._before if self._before is not None else 0
        return ImportReport(
            files=tuple(str(path) for path in files),
            read=self.read,
            stored=stored,
            already_there=self.added - stored,
            sessions=len(self.sessions),
            changes=self.changes,
            waiting=self.waiting,
            skipped=tuple(self.skipped),
            seconds=round(seconds, 3),
        )

    def _lines(self, path: Path, progress: Progress) -> Iterator[Line]:
        for item in read(path, form=self.form, session=self.session, progress=progress):
            if self.limit is not None and self.read >= self.limit:
                return
            if isinstance(item, Line):
                self.read += 1
                yield item
                continue
            self.skipped.append(item)
            if item.bad and not self.skip_bad:
                raise ImportFormatError(
                    f"{item.where}: {item.reason}. Mend it, or leave what cannot be read out with --skip-bad.", argument="file"
                )

    def _batches(self, lines: Iterator[Line]) -> Iterator[list[Line]]:
        """Runs of one session, at most `batch` long; when reading fails, what was read before comes first."""
        held: list[Line] = []
        try:
            for line in lines:
                if held and (len(held) >= self.batch or line.session_id != held[0].session_id):
                    yield held
                    held = []
                held.append(line)
        except ImportFormatError:
            if held:
                yield held
            raise
        if held:
            yield held

    def _add(self, batch: list[Line]) -> None:
        session = batch[0].session_id
        scope: dict[str, Any] = self.scope | ({"session_id": session} if session is not None else {})
        how = "committed" if self._failures < GIVE_UP_AFTER else "captured"
        result = self.memory.add([line.message for line in batch], infer=self.infer, wait=how, **scope)
        self.added += len(batch)
        self.changes += len(result.changes)
        self.sessions |= {session} if session is not None else set()
        if result.job is not None and result.job.state in ("pending", "failed"):
            self.waiting += 1
        failed = result.job is not None and result.job.error is not None
        self._failures = self._failures + 1 if failed or how == "captured" else 0

    def _count(self) -> int:
        return self.memory.stats(user_id=self.scope.get("user_id")).messages
