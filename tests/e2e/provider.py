"""A real HTTP server that speaks OpenAI's chat completions, fails as its script says, and counts what it was asked."""

import json
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import cycle
from typing import Any

CRITERIA = ("Relevance", "Clarity")
VERDICT = json.dumps(
    {"evaluations": [{"criterion": name, "score": 4, "reason": "It keeps to the point."} for name in CRITERIA]}
)
TEXT = "A generated document, long enough to be judged. " * 4
INPUT_TOKENS, OUTPUT_TOKENS = 120, 30


@dataclass
class Counts:
    """What the provider itself counted: every request whose body it read."""

    requests: int = 0
    answered_ok: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    by_step: dict[str, int] = field(default_factory=dict)
    keys: set[str] = field(default_factory=set)
    prompts: list[str] = field(default_factory=list)
    forms: list[Any] = field(default_factory=list)
    """Of each prompt, what its answer was to be held to."""


class ScriptedProvider:
    """``script`` names what happens to the requests in turn, over and over.

    ok, small, empty, hold, broken, cut, reset, 400, 401, 429 (come back at once), busy (429, come back in 2 s), 500, 503.
    """

    def __init__(self, script: list[str], *, text: str = TEXT, verdict: str = VERDICT) -> None:
        self.counts = Counts()
        self.text = text
        self.verdict = verdict
        self.released = threading.Event()
        self._script = cycle(script)
        self._lock = threading.Lock()
        self._server: ThreadingHTTPServer | None = None
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def next_step(self, body: dict[str, Any], key: str) -> str:
        with self._lock:
            step = self.choose(body)
            self.counts.requests += 1
            self.counts.by_step[step] = self.counts.by_step.get(step, 0) + 1
            self.counts.keys.add(key)
            self.counts.prompts.append(json.dumps(body["messages"]))
            self.counts.forms.append(body.get("response_format"))
            if step in {"ok", "small", "hold"}:
                tokens_in, tokens_out = self.usage(body)
                self.counts.answered_ok += 1
                self.counts.input_tokens += tokens_in
                self.counts.output_tokens += tokens_out
            return step

    def choose(self, _body: dict[str, Any]) -> str:
        """What happens to this request; asked once for each, one at a time."""
        return next(self._script)

    def usage(self, _body: dict[str, Any]) -> tuple[int, int]:
        """The tokens an answer to this request is said to have cost."""
        return INPUT_TOKENS, OUTPUT_TOKENS

    def hold(self, _body: dict[str, Any], _connection: socket.socket) -> None:
        """Return when a request that is held may be answered."""
        self.released.wait(30)

    def open(self) -> None:
        """Begin to listen; until then connections are refused."""
        server = _Server(("127.0.0.1", self.port), _Handler)
        server.provider = self
        self._server = server
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def close(self) -> None:
        self.released.set()
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512
    provider: ScriptedProvider

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is what some scripts are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet: the counts say what happened."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        provider = self.server.provider
        step = provider.next_step(body, self.headers.get("Authorization", ""))
        match step:
            case "429":
                self._answer(429, _error("Rate limit reached", "rate_limit_exceeded"), {"Retry-After": "0"})
            case "busy":
                self._answer(429, _error("Rate limit reached", "rate_limit_exceeded"), {"Retry-After": "2"})
            case "400":
                self._answer(400, _error("This is no good request", "invalid_request"))
            case "503":
                self._answer(503, _error("The server is overloaded", None))
            case "empty":
                self._answer(200, _completion(provider, body, text=""))
            case "500":
                self._answer(500, _error("The server had an error", None))
            case "401":
                self._answer(401, _error("Incorrect API key provided", "invalid_api_key"))
            case "broken":
                self._answer(200, b'{"choices": [{"message": ')
            case "cut":
                self._cut()
            case "reset":
                self._reset()
            case "hold":
                provider.hold(body, self.connection)
                self._answer(200, _completion(provider, body))
            case _:
                self._answer(200, _completion(provider, body))

    def _answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _cut(self) -> None:
        """Part of an answer, then the end of the connection."""
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        self.wfile.write(b'{"choices"')
        self.close_connection = True

    def _reset(self) -> None:
        """Not a byte of an answer: the connection is gone."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True


def _error(message: str, code: str | None) -> bytes:
    return json.dumps({"error": {"message": message, "type": "error", "code": code}}).encode()


def _completion(provider: ScriptedProvider, body: dict[str, Any], text: str | None = None) -> bytes:
    if text is None:
        text = provider.verdict if body.get("response_format") else provider.text
    tokens_in, tokens_out = provider.usage(body)
    return json.dumps(
        {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "model": body["model"],
            "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": tokens_in, "completion_tokens": tokens_out},
        }
    ).encode()


@contextmanager
def scripted_provider(*script: str, listening: bool = True, **answers: str) -> Iterator[ScriptedProvider]:
    provider = ScriptedProvider(list(script) or ["ok"], **answers)
    if listening:
        provider.open()
    try:
        yield provider
    finally:
        provider.close()
