"""What one `add` costs with a model on this machine: tokens as the server counts them, and seconds.

    python bench/local_model.py llama_cpp:/path/model.gguf [--threads 2]
    python bench/local_model.py llama_cpp:http://127.0.0.1:8080

Prints a table; it is not part of RESULTS.md, since it says more about the model and the processor than about perdure.
"""

from __future__ import annotations

import argparse
import time

from perdure import Memory
from perdure.config import backend
from perdure.ports import LLMRequest, Turn
from perdure.testing import FrozenClock

TWO_MESSAGES = [
    {"role": "user", "content": "I moved from Delhi to Bangalore last month, and my sister Priya has found me a flat near the lake."},
    {"role": "assistant", "content": "That is lovely! I have put the housewarming into your calendar, on Saturday at six."},
]
KNOWN = [
    "Ada lives in Delhi.", "Ada's sister is called Priya.", "Ada works at Acme as an engineer.", "Ada is allergic to peanuts.",
    "Ada has a dog called Bruno.", "Ada likes hiking in the mountains.", "Ada's flat in Delhi is near the metro.",
    "Ada's laptop overheats.", "Ada plays the cello.", "Ada has an appointment at the dentist on 12 March 2026.",
]  # fmt: skip


def speed(llm: object) -> tuple[float, float]:
    """Tokens a second of a prompt that was never read before, and of a reply."""
    words = " ".join(f"{n} green bottles," for n in range(150))
    start = time.perf_counter()
    stream = llm.stream(
        LLMRequest((Turn("user", f"{time.time()} {words} tell me how they fell, at length."),), max_tokens=120, timeout=600)
    )
    first, reply = 0.0, None
    while reply is None:
        try:
            next(stream)
            first = first or time.perf_counter() - start
        except StopIteration as end:
            reply = end.value
    return reply.input_tokens / first, (reply.output_tokens - 1) / (time.perf_counter() - start - first)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("llm")
    parser.add_argument("--threads", type=int)
    given = parser.parse_args()
    table = {"use": given.llm, "timeout": 600} | ({"n_threads": given.threads} if given.threads else {})
    llm = backend("llm", table)
    llm.complete(LLMRequest((Turn("user", "Hello"),), max_tokens=1, timeout=600))
    prompt, reply = speed(llm)
    print(f"{llm.name}: {prompt:.0f} tokens/s of prompt, {reply:.0f} tokens/s of reply")
    print("| one add of two messages | prompt tokens | reply tokens | seconds | memories |")
    print("|---|---:|---:|---:|---:|")
    for what, known in (("empty store", []), ("empty store, again (prompt cached)", []), ("ten memories shown", KNOWN)):
        with Memory(":memory:", llm=llm, clock=FrozenClock("2026-03-02T12:00:00Z"), worker=False) as memory:
            for text in known:
                memory.remember(text, user_id="ada")
            start = time.perf_counter()
            job = memory.add(TWO_MESSAGES, user_id="ada").job
            took, kept = time.perf_counter() - start, len(memory.list(user_id="ada")) - len(known)
            print(f"| {what} | {job.input_tokens:,} | {job.output_tokens:,} | {took:.1f} | {kept} |", flush=True)
            if job.error is not None:
                print(f"  {job.error}")
    getattr(llm, "close", lambda: None)()


if __name__ == "__main__":
    main()
