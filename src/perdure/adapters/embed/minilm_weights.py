"""The weights of all-MiniLM-L6-v2, read out of the installed ONNX file and arranged for perdure's own graph of it.

Reading an ONNX file takes the `onnx` package, which users need not have; its initializers alone take the few lines of
protocol buffers below (field numbers from onnx.proto: ModelProto.graph 7, GraphProto.node 1 and initializer 5,
TensorProto.dims 1, data_type 2, name 8, raw_data 9; NodeProto.input 1, op_type 4).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[Any]

LAYERS: Final = 6
HEADS: Final = 12
HIDDEN: Final = 384
INNER: Final = 1536
WORDS: Final = 30_522
POSITIONS: Final = 512
GELU_SHIFT: Final = 0.17
"""Added to what comes out of GELU, whose minimum is -0.16997, so that it has no negative numbers."""

_DTYPES: Final = {1: "<f4", 3: "|i1", 7: "<i8", 9: "|b1"}


def weights(model: memoryview) -> dict[str, Array]:
    """Every initializer of ``minilm-graph.onnx`` by name, from the bytes of the package's ``model.onnx``.

    int8 matrices are views into `model` where their layout allows it; biases and scales are float32.

    Raises:
        KeyError, ValueError: `model` is not that file.
    """
    import numpy as np

    tensors, matrices = _read(model)
    if len(matrices) != 6 * LAYERS:
        raise ValueError(f"expected {6 * LAYERS} weight matrices, found {len(matrices)}")

    def embedding(part: str) -> Array:
        return tensors[f"inner.embeddings.{part}"]

    positions = embedding("position_embeddings.weight_q").astype(np.float32) * embedding("position_embeddings.weight_scale")
    found: dict[str, Array] = {
        "words.weight": embedding("word_embeddings.weight_q"),
        "words.scale": embedding("word_embeddings.weight_scale"),
        "positions": positions + embedding("token_type_embeddings.weight")[0],  # there is only one segment
        "embeddings.gamma": embedding("LayerNorm.weight"),
        "embeddings.beta": embedding("LayerNorm.bias"),
    }
    for layer in range(LAYERS):
        found |= _layer(tensors, layer, matrices[6 * layer : 6 * layer + 6])
    return {name: np.ascontiguousarray(array) for name, array in found.items()}


def _layer(tensors: dict[str, Array], layer: int, matrices: list[str]) -> dict[str, Array]:
    """One layer's weights; `matrices` names its query, key, value, attention, inner and outer matrix."""
    import numpy as np

    source, name = f"inner.encoder.layer.{layer}", f"layer{layer}"
    weight = [tensors[f"{matrix}_q"] for matrix in matrices]
    scale: list[NDArray[np.float32]] = [tensors[f"{matrix}_scale"].reshape(-1) for matrix in matrices]
    shifted = np.float32(GELU_SHIFT) * weight[5].sum(axis=0, dtype=np.int32).astype(np.float32) * scale[5]
    found: dict[str, Array] = {
        f"{name}.qkv.weight": np.concatenate(weight[:3], axis=1),
        f"{name}.qkv.scale": np.concatenate(scale[:3]),
        f"{name}.qkv.bias": np.concatenate([tensors[f"{source}.attention.self.{p}.bias"] for p in ("query", "key", "value")]),
        f"{name}.attention.bias": tensors[f"{source}.attention.output.dense.bias"],
        f"{name}.inner.bias": tensors[f"{source}.intermediate.dense.bias"],
        f"{name}.outer.bias": tensors[f"{source}.output.dense.bias"] - shifted,
    }
    for i, part in enumerate(("attention", "inner", "outer"), start=3):
        found |= {f"{name}.{part}.weight": weight[i], f"{name}.{part}.scale": scale[i]}
    for part, block in (("attention", f"{source}.attention.output"), ("outer", f"{source}.output")):
        found |= {
            f"{name}.{part}.gamma": tensors[f"{block}.LayerNorm.weight"],
            f"{name}.{part}.beta": tensors[f"{block}.LayerNorm.bias"],
        }
    return found


def _read(model: memoryview) -> tuple[dict[str, Array], list[str]]:
    """The initializers by name, and the names of the matrices that are multiplied with, in the order of use."""
    tensors: dict[str, Array] = {}
    matrices: list[str] = []
    for field, graph in _fields(model):
        if field != 7 or isinstance(graph, int):
            continue
        for part, value in _fields(graph):
            if isinstance(value, int):
                continue
            if part == 5:
                name, array = _tensor(value)
                tensors[name] = array
            elif part == 1:
                matrices += _factor(value)
    return tensors, [name for name in matrices if f"{name}_q" in tensors]


def _tensor(message: memoryview) -> tuple[str, Array]:
    import numpy as np

    dims: list[int] = []
    kind, name, raw = 1, "", memoryview(b"")
    for field, value in _fields(message):
        if isinstance(value, int):
            if field == 1:
                dims.append(value)
            elif field == 2:
                kind = value
        elif field == 1:  # packed
            dims += _packed(value)
        elif field == 8:
            name = str(value, "utf-8")
        elif field == 9:
            raw = value
    return name, np.frombuffer(raw, dtype=_DTYPES[kind]).reshape(dims)


def _factor(node: memoryview) -> list[str]:
    inputs: list[str] = []
    op = ""
    for field, value in _fields(node):
        if not isinstance(value, int):
            if field == 1:
                inputs.append(str(value, "utf-8"))
            elif field == 4:
                op = str(value, "utf-8")
    return inputs[1:2] if op == "MatMul" else []


def _fields(message: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Field numbers and values of a protocol buffer message: integers, or the bytes of what is longer."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        match key & 7:
            case 0:
                value, at = _varint(message, at)
                yield key >> 3, value
            case 2:
                length, at = _varint(message, at)
                yield key >> 3, message[at : at + length]
                at += length
            case wire:
                at += {1: 8, 5: 4}[wire]


def _packed(message: memoryview) -> list[int]:
    values: list[int] = []
    at = 0
    while at < len(message):
        value, at = _varint(message, at)
        values.append(value)
    return values


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        value |= (byte & 0x7F) << shift
        at += 1
        if byte < 0x80:
            return value, at
        shift += 7
