"""Serves a GGUF model over HTTP on a free port of 127.0.0.1, as anybody's llama.cpp server: no key, no grammar of ours.

python serve.py model.gguf threads        prints the address; ends when standard input does, so with whoever started it

"""

import os
import sys
from pathlib import Path

import xllamacpp


def main(path: str, threads: str) -> None:
    params = xllamacpp.CommonParams()
    params.model.path = path
    params.model_alias = {Path(path).name}
    params.n_ctx = 8192
    params.n_parallel = 1
    params.n_batch = params.n_ubatch = 128  # a request that was given up is noticed between two batches
    params.cache_ram_mib = 512
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = int(threads)
    params.verbosity = 1
    params.hostnames, params.port = ["127.0.0.1"], 0
    server = xllamacpp.Server(params)
    print(server.listening_address, flush=True)
    while sys.stdin.readline():
        pass
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
