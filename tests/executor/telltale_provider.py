"""A provider that tells everything it was told: its errors quote the key and the prompt, in every way there is."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import cycle

STEPS: tuple[int | str, ...] = (
    400,
    401,
    403,
    404,
    422,
    429,
    500,
    503,
    "200 with an error",
    "no JSON",
    "no verdict",
    "half",
    "redirect",
)


class TelltaleProvider(ThreadingHTTPServer):
    """Answers in turn with each of ``STEPS``; a model's name that is one of them gets that one only."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.steps: Iterator[int | str] = cycle(STEPS)
        self.lock = threading.Lock()
        self.requests = 0

    def handle_error(self, request: object, client_address: object) -> None:
        """A worker was killed while it asked: no news."""

    def step(self, model: str) -> int | str:
        with self.lock:
            self.requests += 1
            return next((one for one in STEPS if str(one) == model), None) or next(self.steps)


class _Handler(BaseHTTPRequestHandler):
    server: TelltaleProvider
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        key = self.headers.get("Authorization", "")
        told = f"you sent {body} with {key}"
        step = self.server.step(json.loads(body)["model"])
        error = {"message": told, "code": f"code {key}", "type": key.removeprefix("Bearer "), "param": told}
        match step:
            case int():
                self._answer(step, json.dumps({"error": error}), told)
            case "200 with an error":
                self._answer(200, json.dumps({"error": {**error, "code": 500}}), told)
            case "no JSON":
                self._answer(200, told, told)
            case "no verdict":
                content = {"role": "assistant", "content": told}
                self._answer(200, json.dumps({"choices": [{"message": content, "finish_reason": "stop"}]}), told)
            case "redirect":
                self._answer(302, told, told)
            case _:
                self.send_response(200)
                self.send_header("Content-Length", "1000000")
                self.end_headers()
                self.wfile.write(told.encode())
                self.close_connection = True

    def _answer(self, status: int, body: str, told: str) -> None:
        quoted = told.encode("ascii", "ignore").decode().replace("\n", " ").replace("\r", " ")[:2000]
        self.send_response(status, quoted[:500])
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body.encode())))
        self.send_header("X-Said", quoted)
        self.send_header("Location", f"/v1/{quoted[:100]}")
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@contextmanager
def telltale_provider() -> Iterator[TelltaleProvider]:
    with TelltaleProvider() as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield server
        server.shutdown()
