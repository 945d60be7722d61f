"""Message and Episode: what was said, as it was said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from perdure.model.base import Value
from perdure.model.scope import Scope

Role = Literal["user", "assistant", "tool", "system"]
ROLES: tuple[Role, ...] = ("user", "assistant", "tool", "system")


@dataclass(frozen=True, slots=True)
class Message(Value):
    """One utterance.

    `id` is the caller's own when given, else one of ours; `timestamp` is when it was said, filled at capture if absent.
    """

    content: str
    role: Role = "user"
    name: str | None = None
    id: str = ""
    timestamp: datetime | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def speaker(self) -> str:
        """The name if there is one, else the role."""
        return self.name or self.role


@dataclass(frozen=True, slots=True)
class Episode(Value):
    """The messages of one `add`; immutable, append-only."""

    id: str
    scope: Scope
    messages: tuple[Message, ...]
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class CapturedMessage(Value):
    """A message as the ledger holds it. `doc` is its number in every index; `private`: for its own session alone."""

    message: Message
    doc: int
    episode_id: str
    scope: Scope
    recorded_at: datetime
    private: bool = False

    @property
    def said_at(self) -> datetime:
        """When it was said."""
        return self.message.timestamp or self.recorded_at
