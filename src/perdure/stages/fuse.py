"""Fuse: one ranking from the channels' rankings. Pure numpy over one owner's part at a time.

Meaning, words and tokens are summed on absolute scales (cosines, and the share of the best possible BM25), not ranks: a rank says who
is first, a score also says by how much, and an absolute one is comparable across questions. To that comes who said it and how, and a
message gains a little from the messages next to it, for an answer rarely repeats the words of its question. The other channels add
evidence on top and never stand alone: a graph that floods the list with neighbours costs more than it finds.

The constants were tuned together, by coordinate ascent, on halves of LoCoMo (three of five conversations), BEAM (five of ten chats) and
three chats of other kinds written for it (`bench/chats`), then on the other halves; what is here lies between the two results. What was
found on the first halves gained .012, .009 and -.004 recall@10 on the second, so the values are flat around here. What each is worth
alone stands in bench/RECALL.md.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np

from perdure.model.search import Plan
from perdure.ports import Found, Selection
from perdure.stages.retrieve import DEPTH, Part

if TYPE_CHECKING:
    from perdure.ports import Bools, Floats, Ints

_WORD = re.compile(r"\w+")
#: Shares of the score. The first three are what a text says; when one of them could not be asked the others take its share.
SAID = ("vector", "text", "tokens")
WEIGHTS = {
    "vector": 1 / 3, "text": 1 / 3, "tokens": 1 / 3, "neighbours": 0.30, "speaker": 0.20, "instruction": 0.185, "slots": 0.30,
    "graph": 0.03, "time": 0.10, "question": -0.13, "brevity": -0.12,
}  # fmt: skip
#: Of these what a text is, whatever the question's words.
MANNER = ("question", "brevity", "speaker", "instruction")
#: A match of this share of the best possible BM25 is as good as it gets: no text repeats every word for ever.
BM25_FULL = 0.65
#: How much more or less the neighbours count for a question with twice as many rare words as usual, or none. Who asks for something
#: particular finds the spot by the words around it; "What does Ada like?" is answered in many places, each by itself.
NEIGHBOURS_VARY = 0.55
#: The summed rarity (inverse document frequency) of a usual question's terms.
USUAL_RARITY = 10.0
#: Index terms below which a message is brief: "Great, thanks!" answers nothing.
BRIEF = 8
#: Documents of an owner that get a closer look, token by token.
CLOSER = 100
#: Microseconds between messages without a session after which they are taken for two conversations: an hour.
PAUSE = 3_600_000_000
#: A memory whose quotes cover this percentage of a message speaks for it: it is shown in the message's place.
COVERS = 60
#: How much less it counts that the assistant said what the assistant is asked for: such questions quote what the user wanted as well.
ASKED_ASSISTANT = 0.2
#: Among people, what it is worth that the one speaks whom the question names, and how much less of it for a question of rare words,
#: which finds its answer whoever gave it. Worth .007 recall@10 on LoCoMo, and -.011 on three chats of other kinds, one or two questions
#: of 130; twice as much costs .06 where a question names the wrong person.
NAMED, NAMED_VARY = 0.045, 0.70
#: `Columns.role` of what a user and an assistant said.
USER, ASSISTANT = 1, 2


@dataclass(frozen=True, slots=True)
class Pool:
    """One owner's candidates.

    `positions` into the owner's columns, ascending; `channels` holds for each channel an array as long with what it contributes to the
    score, `raw` the same with raw scores; `score` is the sum. `weights` of the channels in this search. `edges`: of all edges of the
    selection the message, memory and share of those that touch a candidate. `assisted`: there is an assistant in the conversation.
    """

    part: Part
    positions: Ints
    channels: dict[str, Floats]
    raw: dict[str, Floats]
    score: Floats
    weights: dict[str, float]
    edges: tuple[Ints, Ints, Ints]
    assisted: bool = False


@dataclass(frozen=True, slots=True)
class _Messages:
    """What no question changes about the first `n` documents of an owner, under these settings.

    `positions` of the messages; `adjacent`, one shorter, is 1 where one and the next stand next to each other in a conversation.
    `question` and `brevity`: how much of each document only asks, or is too brief to say anything.
    """

    key: tuple[int, int, int]
    positions: Ints
    adjacent: Floats
    question: Floats
    brevity: Floats


#: Columns only grow, and what is known of a message stays as it is: this is worked out once after a write, not in every search.
_kept: WeakKeyDictionary[Any, _Messages] = WeakKeyDictionary()


def closer(part: Part, plan: Plan) -> Ints:
    """The documents that look best before their tokens were looked at, best first."""
    selection = part.selection
    raw, weights, whole = _said(part)
    weights |= _manner_weights(part, plan, assisted=_assisted(selection))
    for name, found in part.found.items():
        if name in WEIGHTS and name not in raw:
            pos, scores = _few(found, selection)
            whole[pos] += WEIGHTS[name] * np.minimum(scores, 1.0)
    for name in MANNER:
        if name in weights:
            whole += np.float32(weights[name]) * _hidden_to_zero(_manner(name, selection, plan), selection)
    shown = whole if selection.mask.all() else np.where(selection.mask, whole, np.float32(-np.inf))
    found = _found(part)
    least = shown[_highest(shown, CLOSER, found)].min(initial=np.inf)
    shown = shown.copy()  # a message is as good as the best of its memories; only those that make the list can bring one onto it
    good = np.flatnonzero(whole[selection.edge_memory] >= least)
    good = good[selection.mask[selection.edge_message[good]] & selection.mask[selection.edge_memory[good]]]
    np.maximum.at(shown, selection.edge_message[good], whole[selection.edge_memory[good]])
    head = np.flatnonzero(shown >= least)
    head = head[np.lexsort((head, -shown[head]))][:CLOSER]
    return selection.columns.docs[head[np.isfinite(shown[head])]]


def fuse(part: Part, plan: Plan) -> Pool:
    """The candidates of a part with one score each."""
    selection = part.selection
    everywhere, weights, whole = _said(part)
    positions = _found(part)
    shown = _hidden_to_zero(whole, selection)
    head = _highest(shown, DEPTH, positions)
    candidate = np.zeros(len(shown), dtype=bool)
    candidate[positions] = True
    candidate[head[shown[head] > 0]] = True
    edges = _edges(selection, candidate)
    speaking = edges[1][(edges[2] >= COVERS) & candidate[edges[0]]]
    speaking = speaking[selection.mask[speaking] & ~candidate[speaking]]
    if len(speaking):  # shown in its message's place, if that is found
        candidate[speaking] = True
        edges = _edges(selection, candidate)
    positions = np.flatnonzero(candidate)

    assisted = _assisted(selection)
    manners = _manner_weights(part, plan, assisted=assisted)
    raw: dict[str, Floats] = {}
    for name, found in part.found.items():
        if name in everywhere:
            raw[name] = everywhere[name][positions]
        elif name in WEIGHTS:
            weights[name] = WEIGHTS[name]
            raw[name] = _everywhere(found, selection)[positions]
    raw |= {name: _manner(name, selection, plan, positions) for name in manners}
    raw["neighbours"] = everywhere["neighbours"][positions]
    weights |= manners
    channels = {name: (weights[name] * _scaled(name, values, part.found)).astype(np.float32, copy=False) for name, values in raw.items()}
    score = sum(channels.values(), start=np.zeros(len(positions), dtype=np.float32))
    if (score < 0).any():
        channels, score = _floored(channels, score)
    return Pool(part, positions, channels, raw, score, weights, edges, assisted)


def _floored(channels: dict[str, Floats], score: Floats) -> tuple[dict[str, Floats], Floats]:
    """Nothing is taken off where nothing is left: contributions that still add up to a score that is not negative."""
    gain = sum((np.maximum(values, 0.0) for values in channels.values()), start=np.zeros_like(score))
    share = np.where(score < 0, gain / np.maximum(gain - score, 1e-9), 1.0).astype(np.float32)
    return {name: np.where(values < 0, values * share, values) for name, values in channels.items()}, np.maximum(score, 0.0)


def _said(part: Part) -> tuple[dict[str, Floats], dict[str, float], Floats]:
    """What the texts and their neighbours say at every position of the owner: raw scores, weights, and what they are worth together."""
    selection = part.selection
    raw = {name: _everywhere(part.found[name], selection) for name in SAID if name in part.found}
    if "tokens" in raw:
        raw["tokens"] = _both_ways(raw["tokens"], selection)
    weights = {name: WEIGHTS[name] / sum(WEIGHTS[other] for other in raw) for name in raw}
    said = np.zeros(len(selection.mask), dtype=np.float32)
    for name, values in raw.items():
        said += np.float32(weights[name]) * _scaled(name, values, part.found)
    weights["neighbours"] = WEIGHTS["neighbours"] * (1.0 + NEIGHBOURS_VARY * _particular(part))
    raw["neighbours"] = _neighbours(said, selection)
    said += np.float32(weights["neighbours"]) * raw["neighbours"]
    return raw, weights, said


def _found(part: Part) -> Ints:
    """Positions of all that any channel put forward and the selection shows."""
    selection = part.selection
    found = np.zeros(len(selection.mask), dtype=bool)
    for channel in part.found.values():
        found[_few(channel, selection)[0]] = True
    found &= selection.mask  # whatever an index said
    return np.flatnonzero(found)


def _highest(values: Floats, count: int, likely: Ints) -> Ints:
    """Where the `count` highest stand, in order of place; of equals the first.

    `likely`: some places, each once. The nearer they come to the result, the less has to be sorted.
    """
    head = np.arange(len(values))
    if len(likely) > count:  # the highest of some are none higher than the highest of all: what is lower is out
        head = np.flatnonzero(values >= np.partition(values[likely], -count)[-count])
    if len(head) > count:
        least = np.partition(values[head], -count)[-count]
        above, equal = head[values[head] > least], head[values[head] == least]
        head = np.sort(np.concatenate([above, equal[: count - len(above)]]))
    return head


def _edges(selection: Selection, candidate: Bools) -> tuple[Ints, Ints, Ints]:
    """Message, memory and share of the edges that touch a candidate."""
    near = np.flatnonzero(candidate[selection.edge_message] | candidate[selection.edge_memory])
    return selection.edge_message[near], selection.edge_memory[near], selection.edge_share[near]


def _particular(part: Part) -> float:
    """From -1, a question of common words, over 0, a usual one, to 1, one of many rare words."""
    rarity = sum(part.found["text"].rarity.values()) if "text" in part.found else USUAL_RARITY
    return max(-1.0, min(1.0, rarity / USUAL_RARITY - 1.0))


def _assisted(selection: Selection) -> bool:
    return bool(((selection.columns.role[: len(selection.mask)] == ASSISTANT) & selection.mask).any())


def _manner_weights(part: Part, plan: Plan, *, assisted: bool) -> dict[str, float]:
    """The weights of who says it and how, as far as that matters to a question."""
    matters = {"question": True, "brevity": True, "speaker": assisted and bool(plan.speaker), "instruction": assisted and plan.instructions}
    weights = {name: WEIGHTS[name] for name in MANNER if matters[name]}
    if not assisted and _named(part.selection, plan) >= 0:
        weights["speaker"] = NAMED * (1.0 - NAMED_VARY * _particular(part))
    return weights


def _named(selection: Selection, plan: Plan) -> int:
    """The code of the one speaker whom the question calls by name; -1 when there is none, or several."""
    asked = f" {' '.join(_WORD.findall(plan.question.casefold()))} "
    named = [code for code, name in selection.columns.speakers.items() if f" {' '.join(_WORD.findall(name))} " in asked]
    return named[0] if len(named) == 1 else -1


def _manner(name: str, selection: Selection, plan: Plan, positions: Ints | None = None) -> Floats:
    """Who says it or how, at `positions` or everywhere: 0 or 1, or how much of it only asks or is too brief to say anything."""
    columns, where = selection.columns, slice(len(selection.mask)) if positions is None else positions
    if name in ("question", "brevity"):
        known = _messages(selection)
        return (known.question if name == "question" else known.brevity)[where]
    role = columns.role[where]
    if name == "instruction":
        return ((role == USER) & (columns.asks[where] < 0)).astype(np.float32)
    if not _assisted(selection):
        return (columns.speaker[where] == _named(selection, plan)).astype(np.float32)
    if plan.speaker == "user":
        return ((role == USER) | columns.is_memory[where]).astype(np.float32)
    return np.float32(ASKED_ASSISTANT) * (role == ASSISTANT)


def _messages(selection: Selection) -> _Messages:
    """What no question changes about an owner's messages."""
    columns, n = selection.columns, len(selection.mask)
    key = (n, BRIEF, PAUSE)
    known = _kept.get(columns)
    if known is not None and known.key == key:
        return known
    message = ~columns.is_memory[:n]
    positions = np.flatnonzero(message)
    session = columns.session[positions]
    near = (session[1:] > 0) | (np.abs(np.diff(columns.said_at[positions])) <= PAUSE)
    adjacent = ((session[1:] == session[:-1]) & near).astype(np.float32)
    question = np.where(message, np.maximum(columns.asks[:n], 0) / 100.0, 0.0).astype(np.float32)
    brevity = np.where(message, np.clip(1.0 - columns.words[:n] / BRIEF, 0.0, 1.0), 0.0).astype(np.float32)
    known = _kept[columns] = _Messages(key, positions, adjacent, question, brevity)
    return known


def _few(found: Found, selection: Selection) -> tuple[Ints, Floats]:
    """Positions and raw scores of what a channel found."""
    if not len(found.docs):
        return found.docs, found.scores
    pos = selection.columns.positions(found.docs)
    known = (pos >= 0) & (pos < len(selection.mask))
    return pos[known], found.scores[known]


def _everywhere(found: Found, selection: Selection) -> Floats:
    """A channel's raw score for every position; 0 where it said nothing."""
    if found.every is not None:
        return _hidden_to_zero(np.maximum(found.every, np.float32(0.0), dtype=np.float32), selection)
    values = np.zeros(len(selection.mask), dtype=np.float32)
    pos, scores = _few(found, selection)
    values[pos] = scores
    return values


def _hidden_to_zero(values: Floats, selection: Selection) -> Floats:
    return values if selection.mask.all() else np.where(selection.mask, values, np.float32(0.0))


def _both_ways(values: Floats, selection: Selection) -> Floats:
    """A memory is as near as the messages it was drawn from, and these as it: whichever of them got the closer look."""
    message, memory = selection.edge_message, selection.edge_memory
    some = np.flatnonzero((values[message] != 0) | (values[memory] != 0))
    message, memory, shared = message[some], memory[some], values.copy()
    np.maximum.at(shared, memory, values[message])
    np.maximum.at(shared, message, values[memory])
    return _hidden_to_zero(shared, selection)


def _scaled(name: str, values: Floats, found: Mapping[str, Found]) -> Floats:
    if name == "neighbours":
        return values
    return np.minimum(values / np.float32(found["text"].ceiling * BM25_FULL) if name == "text" else values, np.float32(1.0))


def _neighbours(score: Floats, selection: Selection) -> Floats:
    """For each message the mean score of those just before and after it in its session; without a session, if no pause lies between.

    A memory has the neighbours of the messages it was drawn from. This gave .005 MRR on LoCoMo, and .025 with facts stored beside.
    """
    gained = np.zeros(len(score), dtype=np.float32)
    known = _messages(selection)
    if len(known.positions) > 1:
        own = score[known.positions]
        side = np.zeros(len(own), dtype=np.float32)
        side[1:] = known.adjacent * own[:-1]
        side[:-1] += known.adjacent * own[1:]
        side /= 2
        gained[known.positions] = side
        np.maximum.at(gained, selection.edge_memory, gained[selection.edge_message])
    return gained
