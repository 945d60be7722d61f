"""Entities: the people, things and places that memories speak of, and making two of them one."""

from __future__ import annotations

import builtins

from perdure.model.change import Change
from perdure.model.graph import KnownEntity
from perdure.model.scope import Scope
from perdure.stages import edit
from perdure.stages.directory import listing
from perdure.verbs.arguments import limit_of, text_of
from perdure.verbs.core import Core


class Entities(Core):
    """The verbs about who is who."""

    def entities(
        self, *, user_id: str | None = None, agent_id: str | None = None, session_id: str | None = None, type: str | None = None,  # noqa: A002
        limit: int = 100,
    ) -> builtins.list[KnownEntity]:  # fmt: skip
        """The entities that live memories speak of, those in most memories first, with every other name that leads to them.

        Args:
            user_id, agent_id, session_id: whose; at least one.
            type: only of this type, e.g. "Person".
            limit: at most so many, 1 to 1000.
        """
        view = self._view(user_id, agent_id, session_id, messages=False)
        kind = None if type is None else text_of(type, "type")
        with self._stores.ledger.snapshot() as snapshot:
            return listing(self._stores, snapshot, view, kind=kind)[: limit_of(limit)]

    def merge_entities(
        self, name: str, into: str, *, user_id: str | None = None, agent_id: str | None = None, session_id: str | None = None,
        dry_run: bool = False,
    ) -> builtins.list[Change]:  # fmt: skip
        """Makes two entities one: what memories claim of `name` they claim of `into` from now on, and `name` is an alias of it.

        Texts and quotes stay as they are. The changes stand or fall together: `undo` of any of them takes all back. Where the two hold
        different values of which there can be but one, `conflicts` lists them.

        Args:
            name: the entity given up, by its name or an alias.
            into: the one that stays; "user" for the user.
            user_id, agent_id, session_id: whose; at least one.
            dry_run: only show the changes; nothing is written, and their ids are empty.

        Raises:
            NotFoundError: there is no such entity, or several go by that name. InputError: both are one already, or `name` is the user.
        """
        return edit.merge_entities(
            self._stores, Scope(user_id, agent_id, session_id), text_of(name, "name"), text_of(into, "into"), dry_run=dry_run
        )
