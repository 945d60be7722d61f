"""What tools and assistants may state: key facts of orders and devices, and what solved a problem. Nothing else is believed."""

from __future__ import annotations

from datetime import datetime

from perdure.model.candidate import Candidate
from perdure.model.graph import SELF, Entity, Relation, Slot
from perdure.rules.discourse import Discourse
from perdure.rules.faults import find_solution
from perdure.rules.gate import judge
from perdure.rules.lazy import rx
from perdure.rules.text import sentences

_PAIR = (
    r"[\"']?\b(?P<key>(?:product|device|item|model|warranty|order|serial|tracking|delivery|firmware|os)(?:[ _-]?(?:name|model|until|end|expiry|expires|expiration|valid_until|end_date|id|number|no|date|version|status))*)\b[\"']?"
    r"\s*[:=#]\s*[\"']?(?P<value>[^\"'\n,;{}\[\]]{2,80})"
)
_COMMITMENT = r"^your (?:\w+ ){0,3}(?:warranty|order|appointment|flight|booking|reservation|subscription|ticket|refund|replacement|return|delivery)\b.{0,60}\b(?:is|was|has been|will|expires|runs|ships|arrives)\b"
_UNSURE = r"\b(?:should|could|would|might|may|try|if|can you|please|usually|often|typically|probably|likely)\b"
_MOST = 20


def read_tool(content: str, masked: str, index: int, anchor: datetime, discourse: Discourse) -> list[Candidate]:
    """Device, order and warranty facts of a tool's result, from "key: value" pairs alone."""
    del anchor
    pairs: dict[str, tuple[str, int, int]] = {}
    for m in rx(_PAIR).finditer(masked[:20_000]):
        key = m.group("key").lower().replace(" ", "_").replace("-", "_")
        value = content[m.start("value") : m.end("value")].strip()
        if value and key not in pairs and value.lower() not in ("null", "none", "true", "false", "n/a"):
            pairs[key] = (value, m.start(), m.start() + len(m.group().rstrip()))
        if len(pairs) >= _MOST:
            break
    if not pairs:
        return []
    product = next(
        (
            pairs[k][0]
            for k in (
                "product",
                "product_name",
                "device",
                "device_name",
                "model",
                "device_model",
                "item",
                "item_name",
                "product_model",
            )
            if k in pairs
        ),
        "",
    )
    warranty = next((pairs[k][0] for k in pairs if k.startswith("warranty")), "")
    if not product and not warranty:
        return []
    a, b = min(p[1] for p in pairs.values()), max(p[2] for p in pairs.values())
    quote = content[a:b]
    if b - a > 500 or not quote.strip():
        return []
    entity = product or discourse.device or SELF
    slots: list[Slot] = []
    entities = [Entity(SELF, "User")]
    relations: list[Relation] = []
    if product:
        discourse.own(product)
        slots.append(Slot(SELF, "device", product))
        entities.append(Entity(product, "Device"))
        relations.append(Relation(SELF, "owns", product))
    if warranty:
        slots.append(Slot(entity, "warranty", warranty))
    return [
        Candidate(
            text=quote,
            quote=quote,
            message=index,
            subject=entity,
            confidence=0.7,
            importance=0.5,
            entities=tuple(entities),
            relations=tuple(relations),
            slots=tuple(slots),
        )
    ]


def read_assistant(content: str, masked: str, index: int, anchor: datetime, discourse: Discourse) -> list[Candidate]:
    """What solved the user's problem, and what was booked or settled for them; suggestions are not facts."""
    del anchor
    out: list[Candidate] = []
    for start, end in sentences(masked[:20_000]):
        sentence = masked[start:end]
        if end - start > 300 or sentence.endswith("?") or rx(_UNSURE).search(sentence):
            continue
        span = find_solution(masked, start, end, open_issue=False)
        settled = rx(_COMMITMENT).search(sentence) is not None
        if span is None and not settled:
            continue
        verdict = judge(sentence)
        if not settled and (not verdict.keep or verdict.explicit):
            continue
        text = content[start:end].strip()
        slots: tuple[Slot, ...] = ()
        entities: tuple[Entity, ...] = ()
        relations: tuple[Relation, ...] = ()
        if span is not None:
            value = content[span[0] : span[1]]
            slots, entities = (Slot(SELF, "solution", value),), (Entity(value, "Solution"),)
            if discourse.issue:
                entities += (Entity(discourse.issue, "Issue"),)
                relations = (Relation(discourse.issue, "solved_by", value),)
        out.append(
            Candidate(
                text=text,
                quote=text,
                message=index,
                confidence=0.6,
                importance=0.5,
                entities=entities,
                relations=relations,
                slots=slots,
            )
        )
        if len(out) >= _MOST:
            break
    return out
