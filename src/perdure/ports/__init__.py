"""What perdure needs from outside: every Protocol, nothing else.

Backends are structural: any object with these methods will do. Optional abilities are small Protocols of their own
(`SupportsStreaming`, `EmbedsTokens`, …), asked for with `isinstance`. Each port has a conformance suite in `perdure.testing`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from perdure.ports.arrays import Columns, Found, Selection
from perdure.ports.indexes import (
    Edge,
    FindsNames,
    GraphIndex,
    Index,
    KeepsTokens,
    RecordIndex,
    SharesLedger,
    SlotIndex,
    TextIndex,
    VectorIndex,
)
from perdure.ports.ledger import (
    Erases,
    Ledger,
    ReadsMemories,
    ReadsMessages,
    ReadsOwners,
    ReadsUses,
    ReadsWhole,
    ReadsWork,
    Snapshot,
    Transaction,
    WritesMemories,
    WritesMessages,
    WritesOwners,
    WritesUses,
    WritesWork,
)
from perdure.ports.models import (
    LLM,
    CallLog,
    Clock,
    Embedder,
    EmbedsTokens,
    Extractor,
    Ids,
    LLMReply,
    LLMRequest,
    QuestionTokens,
    Reranker,
    SupportsStreaming,
    Turn,
)

if TYPE_CHECKING:
    from perdure.ports.arrays import Bools as Bools
    from perdure.ports.arrays import Floats as Floats
    from perdure.ports.arrays import Ints as Ints
    from perdure.ports.arrays import SmallInts as SmallInts
    from perdure.ports.arrays import TinyInts as TinyInts
    from perdure.ports.ledger import Matching as Matching

__all__ = [
    "LLM",
    "CallLog",
    "Clock",
    "Columns",
    "Edge",
    "Embedder",
    "EmbedsTokens",
    "Erases",
    "Extractor",
    "FindsNames",
    "Found",
    "GraphIndex",
    "Ids",
    "Index",
    "KeepsTokens",
    "LLMReply",
    "LLMRequest",
    "Ledger",
    "QuestionTokens",
    "ReadsMemories",
    "ReadsMessages",
    "ReadsOwners",
    "ReadsUses",
    "ReadsWhole",
    "ReadsWork",
    "RecordIndex",
    "Reranker",
    "Selection",
    "SharesLedger",
    "SlotIndex",
    "Snapshot",
    "SupportsStreaming",
    "TextIndex",
    "Transaction",
    "Turn",
    "VectorIndex",
    "WritesMemories",
    "WritesMessages",
    "WritesOwners",
    "WritesUses",
    "WritesWork",
]
