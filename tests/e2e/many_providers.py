"""One server that speaks each provider's interface, remembers every request, and never the same answer form twice."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TEXT = "A generated document, long enough to be judged. " * 4
VERDICT = json.dumps({"evaluations": [{"criterion": "Clarity", "score": 4, "reason": "It is."}]})
TOKENS_IN, TOKENS_OUT = 120, 30


@dataclass
class Seen:
    """What came in, by path."""

    bodies: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, path_end: str) -> list[dict[str, Any]]:
        return [body for path, bodies in self.bodies.items() if path.endswith(path_end) for body in bodies]


@contextmanager
def many_providers() -> Iterator[tuple[str, Seen]]:
    """The address to put each provider's base URL below, and what it sees."""
    seen = Seen()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            with seen.lock:
                seen.bodies.setdefault(self.path, []).append(json.loads(raw))
            reply = json.dumps(_reply(self.path, VERDICT if b"valuations" in raw else TEXT)).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(reply)))
            self.end_headers()
            self.wfile.write(reply)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: the test's own output stays readable."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", seen
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _reply(path: str, text: str) -> dict[str, Any]:
    if path.endswith("/responses"):
        part = {"type": "output_text", "text": text}
        usage = {"input_tokens": TOKENS_IN, "output_tokens": TOKENS_OUT}
        return {"status": "completed", "output": [{"type": "message", "content": [part]}], "usage": usage}
    if path.endswith("/messages"):
        usage = {"input_tokens": TOKENS_IN - 20, "cache_read_input_tokens": 20, "output_tokens": TOKENS_OUT}
        return {"content": [{"type": "text", "text": text}], "stop_reason": "end_turn", "usage": usage}
    if path.endswith(":generateContent"):
        counted = {"promptTokenCount": TOKENS_IN, "candidatesTokenCount": 10, "thoughtsTokenCount": TOKENS_OUT - 10}
        parts = [{"text": "Hm.", "thought": True}, {"text": text}]
        return {"candidates": [{"content": {"parts": parts}, "finishReason": "STOP"}], "usageMetadata": counted}
    message = {"role": "assistant", "content": text}
    usage = {"prompt_tokens": TOKENS_IN, "completion_tokens": TOKENS_OUT}
    return {"choices": [{"message": message, "finish_reason": "stop"}], "usage": usage}
