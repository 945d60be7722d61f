"""Transfer: everything a ledger holds as JSON lines, and back. The file is the ledger's truth; indexes are built anew from it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from perdure.errors import ImportFormatError, InputError, LedgerError
from perdure.model.report import Transfer
from perdure.model.scope import Scope
from perdure.stages.project import project, rebuild
from perdure.stages.stores import Stores

FORMAT = "perdure-export"
VERSION = 1


def export(stores: Stores, path: str | os.PathLike[str], scope: Scope | None) -> Transfer:
    """Writes a header line, then a line for each row of the ledger's tables; one user's when `scope` is given.

    Raises:
        InputError: the file cannot be written.
    """
    counts = dict.fromkeys(("episodes", "messages", "memories", "changes"), 0)
    target = Path(path)
    if target.exists() and Path(stores.ledger.location).exists() and target.samefile(stores.ledger.location):
        raise InputError(f"path: {target} is the ledger itself. Choose another file.", argument="path")
    part = target.with_name(target.name + ".part")
    try:
        with stores.ledger.snapshot() as snapshot, part.open("w", encoding="utf-8") as f:
            f.write(json.dumps({"format": FORMAT, "version": VERSION, "schema": stores.ledger.schema()}) + "\n")
            owners = [o for o, _ in snapshot.all_owners()] if scope is None else [snapshot.owner(scope)]
            for owner in owners:
                for table, row in snapshot.dump(owner) if owner is not None else ():
                    counts[table] = counts.get(table, 0) + 1
                    f.write(json.dumps([table, row], ensure_ascii=False) + "\n")
            f.flush()
            os.fsync(f.fileno())
        part.replace(target)
    except OSError as e:
        part.unlink(missing_ok=True)
        raise InputError(f"path: {target} cannot be written: {e.strerror}.", argument="path") from e
    return Transfer(str(target), counts["episodes"], counts["messages"], counts["memories"], counts["changes"])


def load(stores: Stores, path: str | os.PathLike[str]) -> Transfer:
    """Reads an export into the ledger, in one transaction; rows that are there already stay as they are.

    Raises:
        ImportFormatError: the file is no export or is broken; the message names the line, and nothing was stored.
    """
    target = Path(path)
    try:
        with target.open(encoding="utf-8") as f:
            lines = _lines(f, target)
            head: dict[str, Any] = _dict(next(lines, (0, None))[1])
            if head.get("format") != FORMAT:
                raise ImportFormatError(
                    f"{target} is not an export of perdure. To read a conversation use `perdure import`.", argument="path"
                )
            version, schema = head.get("version"), head.get("schema")
            if not isinstance(version, int) or not isinstance(schema, int):
                raise ImportFormatError(f"{target}: its first line says neither version nor schema, so it cannot be read.", argument="path")
            if version > VERSION or schema > stores.ledger.schema():
                raise ImportFormatError(f"{target} was written by a newer perdure. Install a newer version.", argument="path")
            owners: dict[tuple[str, str, str], None] = {}
            with stores.ledger.transaction() as tx:
                try:
                    counts = tx.restore(_noting(lines, owners))
                    for tenant, kind, key in owners:
                        owner = tx.owner(Scope(**{f"{kind}_id": key}, tenant=tenant))
                        read_back(tx, owner)
                        rebuild(stores, tx, owner, ("text", "slots", "graph"))
                except (KeyError, TypeError, ValueError, IndexError, AttributeError, LedgerError) as e:
                    raise ImportFormatError(f"{target}: a row cannot be read ({e}). Nothing was stored.", argument="path") from e
    except OSError as e:
        raise ImportFormatError(f"{target} cannot be read: {e.strerror}.", argument="path") from e
    except UnicodeDecodeError as e:
        raise ImportFormatError(f"{target} is not UTF-8 text, so it is no export of perdure.", argument="path") from e
    project(stores)
    return Transfer(str(target), counts["episodes"], counts["messages"], counts["memories"], counts["changes"])


def read_back(tx: Any, owner: int) -> None:
    """Reads what `restore` wrote of an owner and `rebuild` does not read, so that a row that cannot be read is found in time.

    Raises:
        ValueError, KeyError, TypeError: there is one.
    """
    tx.conflicts(owner=owner, settled=True)
    tx.jobs(owner=owner)


def _noting(lines: Iterator[tuple[int, Any]], owners: dict[tuple[str, str, str], None]) -> Iterator[Any]:
    """The rows of an export; notes the owners that come by."""
    for _, row in lines:
        if row[0] == "owners":
            owners[tuple(row[1])] = None
        yield row


def _dict(value: Any) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _lines(f: Any, target: Path) -> Iterator[tuple[int, Any]]:
    for n, line in enumerate(f, 1):
        if line.strip():
            try:
                yield n, json.loads(line)
            except ValueError as e:
                raise ImportFormatError(f"{target}, line {n}: not JSON ({e}). Nothing was stored.", argument="path") from e
