"""The process that holds a GGUF model: llama.cpp's server, on a free port of the loopback interface, for its parent alone.

`perdure.adapters.llm.llama_cpp` runs this file by its path. It reads its settings as one line of JSON from standard input (so that the
key is in no list of processes), answers with one line of JSON, and lives until standard input ends: when the parent closes it, or
is gone for whatever reason.

It imports nothing of perdure, and is no part of the parent: a model that is too large, or a crash in native code, ends this process only.
"""

from __future__ import annotations

import json
import os
import sys
from importlib import import_module
from typing import Any, Final

HELLO: Final = "perdure-llama-cpp "
"""What the line that answers begins with; whatever else is printed is llama.cpp's log."""
BATCH: Final = 256
"""Tokens of a prompt that are computed at a stretch: a request that was given up is noticed between two of these."""
CACHE: Final = 512
"""MiB for the states of prompts that were read before: extraction, judging and answering each begin with a long text of their own."""
ERRORS_ONLY: Final = 1


def serve(path: str, *, key: str, n_ctx: int, n_threads: int | None) -> tuple[Any, dict[str, Any]]:
    """Loads the model and starts to listen. Returns the server, which lives as long as it is held, and what to tell the parent.

    Raises:
        RuntimeError: llama.cpp cannot load it.
    """
    xllamacpp = import_module("xllamacpp")
    params = xllamacpp.CommonParams()
    params.model.path = path
    params.model_alias = {os.path.basename(path)}  # noqa: PTH119  (replies and logs name the file, not where it lies)
    params.n_ctx = n_ctx
    params.n_parallel = 1
    params.n_batch = params.n_ubatch = BATCH
    params.cache_ram_mib = CACHE
    params.warmup = False
    params.verbosity = ERRORS_ONLY
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.api_keys = [key]
    params.offline = True
    params.ui = params.endpoint_slots = False
    params.sse_ping_interval = -1  # a stream in which nothing is said must look like it, or no timeout would ever come
    if n_threads is not None:
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = n_threads
    server = xllamacpp.Server(params)
    guided = str(xllamacpp.json_schema_to_grammar({"type": "object"})).startswith("%llguidance")
    return server, {"url": server.listening_address, "guided": guided}


def main() -> None:
    """See the module."""
    settings = json.loads(sys.stdin.readline())
    try:
        server, said = serve(settings.pop("path"), **settings)
    except Exception as e:  # noqa: BLE001  (whatever it is: the parent tells it to the user)
        server, said = None, {"error": f"{type(e).__name__}: {e}"}
    print(HELLO + json.dumps(said), flush=True)  # noqa: T201
    if server is not None:
        while sys.stdin.readline():
            pass
    os._exit(0)  # taking the server down politely would wait for a reply that nobody reads any more


if __name__ == "__main__":
    main()
