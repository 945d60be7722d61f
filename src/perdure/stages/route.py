"""Route: kind, term and shape decide the stores. Pure; `explain` shows what it says."""

from __future__ import annotations

from perdure.model.memory import MemoryRecord


def route(record: MemoryRecord) -> dict[str, str]:
    """Store name to the reason why the memory is there."""
    stores = {"ledger": "the truth: every version, with sources and history"}
    if record.status in ("retracted", "deleted"):
        return stores
    stores["vector"] = "text is found by meaning"
    stores["text"] = "text is found by its words"
    if record.relations or record.entities:
        stores["graph"] = _sentence(len(record.relations), "relation") + ", " + _sentence(len(record.entities), "entity", "entities")
    if record.slots:
        stores["slots"] = "; ".join(f"({s.entity}, {s.attribute}) → {s.value}" + (" (ended)" if s.valid_to else "") for s in record.slots)
    if record.term == "short_term":
        until = f" until {record.expires_at:%Y-%m-%d %H:%M}" if record.expires_at else ""
        stores["slots"] = "; ".join(filter(None, (stores.get("slots"), f"short-term: kept by key{until}, for its session alone")))
    return stores


def _sentence(n: int, one: str, many: str = "") -> str:
    return f"{n} {one if n == 1 else many or one + 's'}"
