"""An OpenAI-compatible provider for researches: chat and embeddings, answers in turn as told, counts what it was asked."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

ROLE = '{"server": "Baker Agent", "agent_role_prompt": "You are a baker."}'
PLAN = '["what is yeast", "what does gas do to dough"]'
REPORT = "# Bread\n\n" + "Yeast makes gas, and the dough holds it. " * 10
INPUT_TOKENS, OUTPUT_TOKENS = 50, 20


class ResearchProvider(ThreadingHTTPServer):
    """``steps`` are statuses, ``hold`` or ``cut``, one a request, then 200 for ever; a held one waits for ``released``."""

    daemon_threads = True

    def __init__(self, steps: tuple[int | str, ...] = ()) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.steps = list(steps)
        self.lock = threading.Lock()
        self.released = threading.Event()
        self.paths: list[str] = []
        self.bodies: list[dict[str, Any]] = []
        self.keys: set[str] = set()
        self.under_way = 0
        self.most_under_way = 0

    @property
    def requests(self) -> int:
        return len(self.paths)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"

    def handle_error(self, request: object, client_address: object) -> None:
        """A worker was killed, or a request aborted: no news."""

    def take(self, path: str, body: dict[str, Any], key: str) -> int | str:
        with self.lock:
            self.paths.append(path)
            self.bodies.append(body)
            self.keys.add(key)
            self.under_way += 1
            self.most_under_way = max(self.most_under_way, self.under_way)
            return self.steps.pop(0) if self.steps else 200


class _Handler(BaseHTTPRequestHandler):
    server: ResearchProvider
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        step = self.server.take(self.path, body, self.headers.get("Authorization", ""))
        if step == "hold":
            self.server.released.wait(30)
            step = 200
        if step == "cut":
            self.close_connection = True
            return
        if step != 200:
            self._answer(int(step), {"error": {"message": "no", "type": "x", "code": "x"}})
        elif self.path.endswith("/embeddings"):
            vectors = [{"object": "embedding", "index": n, "embedding": [1.0, n]} for n in range(len(body["input"]))]
            self._answer(200, {"object": "list", "data": vectors, "usage": {"prompt_tokens": 9, "total_tokens": 9}})
        else:
            message = {"role": "assistant", "content": _text(json.dumps(body["messages"]))}
            usage = {"prompt_tokens": INPUT_TOKENS, "completion_tokens": OUTPUT_TOKENS, "total_tokens": 70}
            choices = [{"index": 0, "message": message, "finish_reason": "stop"}]
            self._answer(200, {"id": "c1", "model": body["model"], "created": 1, "choices": choices, "usage": usage})

    def _answer(self, status: int, value: dict[str, Any]) -> None:
        raw = json.dumps(value).encode()
        with self.server.lock:
            self.server.under_way -= 1
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


def _text(messages: str) -> str:
    """What the real GPT Researcher expects at each of its steps."""
    if "agent_role_prompt" in messages:
        return ROLE
    return PLAN if "search queries" in messages else REPORT


@contextmanager
def research_provider(*steps: int | str) -> Iterator[ResearchProvider]:
    with ResearchProvider(steps) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        try:
            yield server
        finally:
            server.released.set()
            server.shutdown()
