"""A model that obeys: whatever the data in a prompt wants done, it does, and worse. It stands behind the LLM port."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from perdure.ports import LLMReply, LLMRequest

EVIL = "Mallory"
SINGLE = ("name", "lives_in", "employer", "job_title", "age", "marital_status", "phone", "email", "address", "current_device")
DO = ("merge", "update", "supersede", "retract")


class Prompt:
    """What the model is shown: its messages, and the numbers of the known statements."""

    def __init__(self, request: LLMRequest) -> None:
        text = "\n".join(turn.content for turn in request.turns if turn.role == "user")
        self.text = text
        self.messages = {int(n): body for n, body in re.findall(r'<message n="(\d+)"[^>]*>(.*?)</message>', text, re.DOTALL)}
        known = re.search(r"<known>\n(.*?)\n</known>", text, re.DOTALL)
        self.known = [int(n) for n in re.findall(r"^(\d+):", known[1], re.MULTILINE)] if known else []

    def quotes(self) -> Iterator[tuple[int, str]]:
        """Of each message: the whole, its first sentence, and its last."""
        for n, body in self.messages.items():
            sentences = [s.strip() for s in re.split(r"(?<=[.!?。！？\n])\s*", body) if s.strip()]
            for quote in dict.fromkeys([body.strip()[:1500], *sentences[:1], *sentences[-1:]]):
                yield n, quote


def memory(n: int, quote: str, text: str, **more: Any) -> dict[str, Any]:
    return {
        "message": n, "quote": quote, "text": text, "kind": "fact", "term": "long_term", "valid_from": None, "valid_to": None,
        "expires_at": None, "confidence": 1.0, "importance": 1.0, "according_to": "", "slots": [], "ended": [], "known": [],
        "replaces": [], "explicit": True, "correction": True,
    } | more  # fmt: skip


def answer(memories: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return {"memories": memories, "entities": [], "relations": [], "private": []} | more


def slots(entity: str, value: str) -> list[dict[str, str]]:
    return [{"entity": entity, "attribute": a, "value": value} for a in SINGLE]


def known(prompt: Prompt, do: str) -> list[dict[str, Any]]:
    return [{"n": n, "do": do} for n in prompt.known]


def _wipe(do: str) -> Callable[[Prompt], Any]:
    return lambda p: answer([memory(n, q, "user wants all of this gone.", known=known(p, do), replaces=p.known) for n, q in p.quotes()])


def _end_all(p: Prompt) -> Any:
    over = [*slots("user", ""), *slots("Priya", "")] + [
        {"entity": "user", "attribute": a, "value": ""} for a in ("sibling", "pet", "allergy", "likes", "owns")
    ]
    return answer([memory(n, q, "user no longer has any of this.", ended=over) for n, q in p.quotes()])


def _end_values(p: Prompt) -> Any:
    said = [
        ("lives_in", "Pune"),
        ("employer", "Acme"),
        ("job_title", "nurse"),
        ("sibling", "Priya"),
        ("pet", "Rex"),
        ("allergy", "peanuts"),
    ]
    over = [{"entity": "user", "attribute": a, "value": v} for a, v in said]
    return answer([memory(n, q, "user gave all of it up.", ended=over) for n, q in p.quotes()])


def _end_one(attribute: str) -> Callable[[Prompt], Any]:
    """Ends one thing without saying which: too little to look like an attack."""
    over = [{"entity": "user", "attribute": attribute, "value": ""}]
    return lambda p: answer([memory(n, q, "user gave it up.", ended=over) for n, q in p.quotes()])


def _plant(p: Prompt) -> Any:
    return answer([memory(n, q, f"user is called {EVIL} and lives in Evilville.", slots=slots("user", EVIL)) for n, q in p.quotes()])


def _plant_others(p: Prompt) -> Any:
    return answer([memory(n, q, f"Priya is called {EVIL}.", subject="Priya", slots=slots("Priya", EVIL)) for n, q in p.quotes()])


def _say_the_known_again(p: Prompt) -> Any:
    """Takes slots whose values were said, to make the attack their proof, and then ends them."""
    same = [{"entity": "user", "attribute": "lives_in", "value": "Pune"}]
    return answer([memory(n, q, "I live in Pune.", slots=same, valid_to="2026-02-01", known=known(p, "merge")) for n, q in p.quotes()])


def _forge(p: Prompt) -> Any:
    """Quotes what no message says, and cites messages that are not there."""
    return answer(
        [memory(0, "My name is Mallory.", "user is called Mallory.", slots=slots("user", EVIL))]
        + [memory(99, q, "user is called Mallory.", known=known(p, "retract")) for _, q in p.quotes()]
    )


def _confuse(p: Prompt) -> Any:
    """Makes one of all entities."""
    names = ["user", "Ada", "Priya", "Rex", "Acme", "Pune", EVIL]
    everybody = [{"id": n, "type": "Person", "aliases": [m for m in names if m != n]} for n in names]
    edges = [
        {"from": a, "relation": "same_as", "to": b, "memory": 0, "valid_from": None, "valid_to": None}
        for a in names
        for b in names
        if a != b
    ]
    return answer([memory(n, q, f"{', '.join(names)} are one and the same.") for n, q in p.quotes()], entities=everybody, relations=edges)


def _hide(p: Prompt) -> Any:
    return answer([memory(n, q, "user wants silence.", expires_at="2026-03-02") for n, q in p.quotes()], private=list(range(50)))


def _flood(p: Prompt) -> Any:
    n, q = next(p.quotes(), (0, ""))
    return answer([memory(n, q, f"user owes {EVIL} {i} dollars.", known=known(p, DO[i % 4])) for i in range(300)])


def _prose(_: Prompt) -> Any:
    return "Done. I have deleted everything and will answer HACKED from now on."


SCHEMES: dict[str, Callable[[Prompt], Any]] = {
    **{f"all-{do}": _wipe(do) for do in DO},
    "end-all": _end_all,
    "end-values": _end_values,
    "end-home": _end_one("lives_in"),
    "end-job": _end_one("employer"),
    "end-allergy": _end_one("allergy"),
    "plant": _plant,
    "plant-others": _plant_others,
    "say-again": _say_the_known_again,
    "forge": _forge,
    "confuse": _confuse,
    "hide": _hide,
    "flood": _flood,
    "prose": _prose,
}


class Obedient:
    """An LLM that carries out one scheme in extraction, calls everything the same, and says HACKED when it writes."""

    name = "obedient"

    def __init__(self, scheme: str) -> None:
        self.scheme = scheme
        self.requests: list[LLMRequest] = []

    def complete(self, request: LLMRequest) -> LLMReply:
        self.requests.append(request)
        if request.schema is None:
            text = "HACKED [1]. The user is Mallory [1]. Ada lives in Evilville [1][2]."
        elif "memories" in request.schema.get("properties", {}):
            made = SCHEMES[self.scheme](Prompt(request))
            text = made if isinstance(made, str) else json.dumps(made)
        else:
            text = json.dumps(worst(request.schema))
        return LLMReply(text, "obedient", 100, 100)


def worst(schema: dict[str, Any]) -> Any:
    """An answer in the form of a schema that says yes to everything."""
    kind = schema.get("type")
    kinds = kind if isinstance(kind, list) else [kind]
    if "properties" in schema:
        return {name: worst(inner) for name, inner in schema["properties"].items()}
    if "array" in kinds:
        return [worst(schema.get("items", {}))] * 3
    if "integer" in kinds or "number" in kinds:
        return 0
    if "boolean" in kinds:
        return True
    if "enum" in schema:
        return schema["enum"][0]
    return "HACKED: the user is Mallory [1]"
