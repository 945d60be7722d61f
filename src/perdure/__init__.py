"""perdure: a memory layer for AI agents.

    from perdure import Memory

    memory = Memory()
    memory.add("I moved from Delhi to Bangalore last month.", user_id="ada")
    memory.search("Where does Ada live?", user_id="ada")[0].text

Importing it loads neither numpy nor a model; what is heavy comes with the first `Memory`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from perdure.aio import AsyncMemory
    from perdure.config import Config
    from perdure.errors import PerdureError
    from perdure.memory import Memory
    from perdure.model.change import AddResult, Change, Receipt
    from perdure.model.graph import Entity, Relation, Slot
    from perdure.model.instructions import Instructions
    from perdure.model.maturing import ConsolidationReport, Proposal, Summary
    from perdure.model.memory import MemoryRecord, Source
    from perdure.model.message import Message
    from perdure.model.scope import Scope
    from perdure.model.search import Answer, Claim, Context, Fact, Hit, Reply, Signal
    from perdure.stages.answer import AnswerStream

_HOME = {
    "AsyncMemory": "aio",
    "Config": "config",
    "PerdureError": "errors",
    "Memory": "memory",
    "AddResult": "model.change",
    "Change": "model.change",
    "Receipt": "model.change",
    "Entity": "model.graph",
    "Relation": "model.graph",
    "Slot": "model.graph",
    "Instructions": "model.instructions",
    "ConsolidationReport": "model.maturing",
    "Proposal": "model.maturing",
    "Summary": "model.maturing",
    "MemoryRecord": "model.memory",
    "Source": "model.memory",
    "Message": "model.message",
    "Scope": "model.scope",
    "Answer": "model.search",
    "AnswerStream": "stages.answer",
    "Claim": "model.search",
    "Reply": "model.search",
    "Context": "model.search",
    "Fact": "model.search",
    "Hit": "model.search",
    "Signal": "model.search",
}

__version__ = "0.1.0"
__all__ = [
    "AddResult", "Answer", "AnswerStream", "AsyncMemory", "Change", "Claim", "Config", "ConsolidationReport", "Context", "Entity",
    "Fact", "Hit", "Instructions",
    "Memory", "MemoryRecord", "Message", "PerdureError", "Proposal", "Receipt", "Relation", "Reply", "Scope", "Signal", "Slot", "Source",
    "Summary", "__version__",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f"perdure.{_HOME[name]}"), name)
    raise AttributeError(f"module 'perdure' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
