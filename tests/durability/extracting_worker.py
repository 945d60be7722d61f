"""A worker to be killed: opens a file, runs the jobs that wait until none is left, and says when it begins and when it is done.

``python extracting_worker.py FILE PORT [BUDGET]``; with "tidy" for BUDGET it consolidates instead.
"""

import json
import sys

from perdure import Memory
from perdure.adapters.llm.openai import OpenAILLM

if __name__ == "__main__":
    path, port, *more = sys.argv[1:]
    llm = OpenAILLM("counted", base_url=f"http://127.0.0.1:{port}/v1", api_key="none", max_retries=0)
    tidies = more == ["tidy"]
    budget = json.loads(more[0]) if more and not tidies else None
    with Memory(path, llm=llm, embedder="hashing", worker=False, budget=budget) as memory:
        print("begun", flush=True)
        if tidies:
            memory.consolidate()
        while memory.work(force=True) and any(j.state == "pending" for j in memory.jobs()) and budget is None:
            pass
    print("done", flush=True)
