"""Every error perdure raises on purpose.

Each derives from `PerdureError`, says what to do next, and names the argument or setting it is about::

    PerdureError
    ├── InputError (ValueError)         an argument is wrong; nothing was written
    │   ├── ScopeError                  user_id, agent_id or session_id is missing or not allowed
    │   ├── FilterError                 a filter cannot be parsed
    │   └── ImportFormatError           a file to import is not in a format we read
    ├── NotFoundError (LookupError)     no such memory, change or message in this scope
    ├── ConfigError                     a setting is wrong or a backend is unknown
    │   └── MissingExtraError           a backend's package is not installed
    ├── LedgerError                     the ledger cannot be used
    │   ├── NotALedgerError             the file is something else
    │   ├── NewerSchemaError            written by a newer perdure
    │   ├── CorruptLedgerError          the file is damaged
    │   ├── ReadOnlyError               file or folder cannot be written
    │   ├── DiskFullError               no space left; the write was rolled back
    │   ├── BusyError                   another process held the file for too long
    │   └── ConflictError               the scope kept changing under a commit
    ├── BackendError                    a store other than the ledger failed
    ├── ModelError                      an embedder, a reranker or an LLM failed
    │   ├── LLMTimeoutError             no answer in time
    │   ├── LLMUnavailableError         refused, unreachable, out of quota
    │   ├── LLMOutputError              the answer does not fit the schema, also after repair
    │   └── NoLLMError                  this verb needs an LLM and none is configured
    ├── BudgetError                     the day's budget for extraction is spent; what was captured waits
    └── ClosedError                     the memory was closed
"""

from __future__ import annotations

__all__ = [
    "BackendError",
    "BudgetError",
    "BusyError",
    "ClosedError",
    "ConfigError",
    "ConflictError",
    "CorruptLedgerError",
    "DiskFullError",
    "FilterError",
    "ImportFormatError",
    "InputError",
    "LLMOutputError",
    "LLMTimeoutError",
    "LLMUnavailableError",
    "LedgerError",
    "MissingExtraError",
    "ModelError",
    "NewerSchemaError",
    "NoLLMError",
    "NotALedgerError",
    "NotFoundError",
    "PerdureError",
    "ReadOnlyError",
    "ScopeError",
]


class PerdureError(Exception):
    """The root: ``except PerdureError`` catches whatever perdure raises on purpose."""


class InputError(PerdureError, ValueError):
    """An argument is wrong; nothing was written. `argument` names it."""

    def __init__(self, message: str, *, argument: str = "") -> None:
        super().__init__(message)
        self.argument = argument


class ScopeError(InputError):
    """user_id, agent_id or session_id is missing or not allowed."""


class FilterError(InputError):
    """A filter cannot be parsed."""


class ImportFormatError(InputError):
    """A file to import is not in a format perdure reads."""


class NotFoundError(PerdureError, LookupError):
    """No such memory, change or message."""


class ConfigError(PerdureError):
    """A setting is wrong or names an unknown backend. `setting` names it."""

    def __init__(self, message: str, *, setting: str = "") -> None:
        super().__init__(message)
        self.setting = setting


class MissingExtraError(ConfigError):
    """A backend's package is not installed; the message says which extra to install."""


class LedgerError(PerdureError):
    """The ledger cannot be used."""


class NotALedgerError(LedgerError):
    """The file is something else than a perdure ledger."""


class NewerSchemaError(LedgerError):
    """The file was written by a newer perdure."""


class CorruptLedgerError(LedgerError):
    """The file is damaged."""


class ReadOnlyError(LedgerError):
    """The file or its folder cannot be written."""


class DiskFullError(LedgerError):
    """No space left on the device; the write was rolled back."""


class BusyError(LedgerError):
    """Another process held the file for longer than the timeout."""


class ConflictError(LedgerError):
    """The scope changed under a commit, again and again."""


class BackendError(PerdureError):
    """A store other than the ledger failed. `backend` names it."""

    def __init__(self, message: str, *, backend: str = "") -> None:
        super().__init__(message)
        self.backend = backend


class ModelError(PerdureError):
    """An embedder, a reranker or an LLM failed."""


class LLMTimeoutError(ModelError):
    """The LLM did not answer in time."""


class LLMUnavailableError(ModelError):
    """The LLM refused, is unreachable or out of quota."""


class LLMOutputError(ModelError):
    """The LLM's answer does not fit the schema, also after one repair turn."""


class NoLLMError(ModelError):
    """This verb needs an LLM and none is configured."""


class BudgetError(PerdureError):
    """What extraction may cost a day is spent. `limit` names the limit; messages are captured all the same and wait for the next day."""

    def __init__(self, message: str, *, limit: str = "") -> None:
        super().__init__(message)
        self.limit = limit


class ClosedError(PerdureError):
    """The memory was closed and cannot be used any more."""
