"""Scope: whose memory. Identity is strict, and there is no wildcard.

Who sees what (`sees`) is one pure function; every store compiles it, and a conformance test holds them equal.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Literal

from perdure.errors import ScopeError
from perdure.model.base import Value

MAX_ID = 256
OwnerKind = Literal["user", "agent", "session"]


def checked_id(value: object, argument: str) -> str:
    """`value` if it can be an id: a non-blank string of at most 256 characters, not "*", no control characters.

    Raises:
        ScopeError: it cannot; the message names `argument` and says why.
    """
    if not isinstance(value, str):
        raise ScopeError(f"{argument} must be a string, not {type(value).__name__}.", argument=argument)
    if value == "*":
        raise ScopeError(f'{argument}="*" is refused: there is no wildcard. Name one id.', argument=argument)
    if not value.strip():
        raise ScopeError(f"{argument} is empty. Name one id, or leave the argument out.", argument=argument)
    if len(value) > MAX_ID:
        raise ScopeError(f"{argument} has {len(value)} characters; at most {MAX_ID} are allowed.", argument=argument)
    if any(unicodedata.category(c) in ("Cc", "Cs") for c in value):
        raise ScopeError(f"{argument} holds control characters or broken Unicode.", argument=argument)
    return value


@dataclass(frozen=True, slots=True)
class Scope(Value):
    """Whose memory: any of user, agent and session, at least one; a tenant on a server.

    Raises:
        ScopeError: no part is given, or one is not allowed.
    """

    user_id: str | None = None
    agent_id: str | None = None
    session_id: str | None = None
    tenant: str = ""

    def __post_init__(self) -> None:
        for argument in ("user_id", "agent_id", "session_id"):
            value: object = getattr(self, argument)
            if value is not None:
                checked_id(value, argument)
        if self.user_id is None and self.agent_id is None and self.session_id is None:
            raise ScopeError("A scope needs user_id, agent_id or session_id.", argument="user_id")

    @property
    def owner(self) -> tuple[OwnerKind, str]:
        """Who the memory belongs to: the user, else the agent, else the session. Stores are partitioned by it."""
        if self.user_id is not None:
            return "user", self.user_id
        if self.agent_id is not None:
            return "agent", self.agent_id
        assert self.session_id is not None  # noqa: S101  (guarded by __post_init__)
        return "session", self.session_id


def sees(reader: Scope, carried: Scope, *, session_only: bool) -> bool:
    """Whether a read in scope `reader` may see something that carries scope `carried`.

    A part that both name must be equal; a part the reader leaves out, or that is not carried, does not constrain; at
    least one part must be named by both. A long-term memory is seen from every session of its owner; what is
    `session_only` (short-term) is seen in its own session alone, also when the reader names no session.
    """
    if reader.tenant != carried.tenant:
        return False
    session_binds = session_only or carried.owner[0] == "session"
    if session_binds and carried.session_id is not None and reader.session_id != carried.session_id:
        return False
    shared = False
    for mine, theirs in ((reader.user_id, carried.user_id), (reader.agent_id, carried.agent_id)):
        if mine is not None and theirs is not None:
            if mine != theirs:
                return False
            shared = True
    return shared or (reader.session_id is not None and reader.session_id == carried.session_id)
