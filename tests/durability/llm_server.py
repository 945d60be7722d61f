"""An LLM behind HTTP, as a process of its own: it speaks the chat completions protocol and writes down what it fully answered.

``python llm_server.py PORT_FILE LOG DELAY``: prints its port to PORT_FILE. Each request is answered, after DELAY seconds, with one memory
for each message of the prompt; the line written to LOG when the answer has gone out names the messages it was about.
"""

import json
import re
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

MESSAGE = re.compile(r'<message n="(\d+)"[^>]*>(.*?)</message>', re.DOTALL)
LOG, DELAY = Path(sys.argv[2]), float(sys.argv[3])


def memory(number: int, text: str) -> dict[str, object]:
    """What the model makes of one message: other words than the message's, so that there is a vector to compute after the answer."""
    plain = {"kind": "fact", "term": "long_term", "confidence": 0.9, "importance": 0.5, "according_to": ""}
    dates = {"valid_from": None, "valid_to": None, "expires_at": None}
    marks = {"slots": [], "ended": [], "known": [], "replaces": [], "explicit": False, "correction": False}
    return {"text": text.replace("I own", "The user owns"), "quote": text, "message": number, **plain, **dates, **marks}


def tidied(name: str, said: str) -> dict[str, object]:
    """What the model says when memories are tidied: every pair is the same, and a section's first note sums it up."""
    if name == "pairs":
        return {"same": [int(n) for n in re.findall(r"^(\d+): ", said, re.MULTILINE)]}
    if name in ("summary", "profile"):
        sections = re.findall(r'<section number="(\d+)".*?\n(\d+)\. \S+ [^:]*: (.*?)\n', said)
        return {"summaries": [{"section": int(s), "sentences": [{"text": t, "cites": [int(n)]}]} for s, n, t in sections]}
    return {"advice": []} if name == "settle" else {"same_as": None}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        said = [m["content"] for m in asked["messages"] if m["role"] == "user"][-1]
        found = MESSAGE.findall(said)
        name = asked.get("response_format", {}).get("json_schema", {}).get("name", "")
        text = json.dumps(
            {"memories": [memory(int(n), t) for n, t in found], "entities": [], "relations": [], "private": []}
            if found
            else tidied(name, said)
        )
        time.sleep(DELAY)
        body = json.dumps(
            {
                "id": "x", "object": "chat.completion", "created": 0, "model": "counted",
                "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}],
                "usage": {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110},
            }
        ).encode()  # fmt: skip
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()
        line = json.dumps({"kind": "extract" if found else name, "about": [t for _, t in found] or said})
        with LOG.open("a") as log:
            log.write(line + "\n")

    def log_message(self, *_: object) -> None:
        """Nothing to standard error."""


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    waiting = Path(sys.argv[1] + ".new")
    waiting.write_text(str(server.server_port))
    waiting.replace(sys.argv[1])
    server.serve_forever()
