"""Keep, change, ask: the first ten minutes. Needs no key and no network.

python examples/quickstart.py
"""

from perdure import Memory

with Memory(":memory:") as memory:
    memory.add("I live in Delhi and I am allergic to peanuts.", user_id="ada", timestamp="2026-01-20T09:00:00Z")
    memory.add("I moved from Delhi to Bangalore last month.", user_id="ada", timestamp="2026-03-02T11:00:00Z")

    now = memory.fact("lives_in", user_id="ada")
    then = memory.fact("lives_in", user_id="ada", as_of="2026-01-25T00:00:00Z")
    print("now:", now.value if now else "unknown")
    print("in January:", then.value if then else "unknown")

    for hit in memory.search("what can she not eat?", user_id="ada", limit=1):
        print("found:", hit.text)
        print("said by", hit.sources[0].said_by, "on", hit.sources[0].said_at.date())

    context = memory.context("Plan dinner", user_id="ada", budget=300)
    print(context.text)
