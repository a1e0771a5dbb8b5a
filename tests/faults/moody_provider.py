"""A provider that speaks OpenAI's chat completions, is quick, has moods by seed, and counts what it was asked, call by call.

Which call a request belongs to is read from its prompt: every document has a mark, every generated text names its
maker, and judges differ by the name of their model.
"""

import json
import re
import socket
import struct
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any, NamedTuple

import anyio
from anyio.abc import SocketAttribute, SocketStream
from anyio.streams.buffered import BufferedByteReceiveStream

CRITERIA = ("Relevance", "Clarity")
INPUT_TOKENS, OUTPUT_TOKENS = 120, 30
MOODS = ("429", "500", "reset", "cut", "broken", "slow", "hang")
"""What a request can meet instead of an answer; slow is an answer, late."""

_HEAD_BYTES = 64 * 1024
_HANG_S = 30.0
_BROKEN = (
    anyio.EndOfStream,
    anyio.BrokenResourceError,
    anyio.ClosedResourceError,
    anyio.IncompleteRead,
    OSError,
)
_mark = re.compile(r"MARK-[A-Za-z0-9]+")
_essay = re.compile(r"Essay on (MARK-[A-Za-z0-9]+) by ([a-z0-9-]+)\.")


class Asked(NamedTuple):
    """What identifies a call: who is asked, about which document, and whose text of it is judged (None: make one)."""

    model: str
    mark: str
    maker: str | None


@dataclass
class Mood:
    """How the provider answers: quick and well, or each request with this chance one of ``troubles``."""

    trouble: float = 0.0
    troubles: tuple[str, ...] = MOODS[:5]
    least_s: float = 0.02
    most_s: float = 0.1
    slow_s: float = 1.0


@dataclass
class Counts:
    """What the provider itself counted: every request whose body it read."""

    requests: int = 0
    by_call: Counter[Asked] = field(default_factory=Counter)
    by_step: Counter[str] = field(default_factory=Counter)
    unknown: int = 0
    open: int = 0
    """Requests being answered now."""


class MoodyProvider:
    """``mood`` may be changed while it runs."""

    def __init__(self, chance: Random) -> None:
        self.mood = Mood()
        self.counts = Counts()
        self.port = 0
        self._chance = chance

    async def serve_one(self, stream: SocketStream) -> None:
        """Answer one connection's requests."""
        buffered = BufferedByteReceiveStream(stream)
        async with stream:
            try:
                while await self._answer_one(stream, buffered):
                    pass
            except _BROKEN:
                # The client went away: killed, cut or cancelled. That is what this provider is for.
                return

    async def _answer_one(self, stream: SocketStream, buffered: BufferedByteReceiveStream) -> bool:
        head = (await buffered.receive_until(b"\r\n\r\n", _HEAD_BYTES)).decode("latin-1").lower()
        found = re.search(r"content-length: *(\d+)", head)
        body = json.loads(await buffered.receive_exactly(int(found[1]))) if found else {}
        step = self._count(body)
        self.counts.open += 1
        try:
            return await self._act(stream, body, step)
        finally:
            self.counts.open -= 1

    def _count(self, body: dict[str, Any]) -> str:
        mood, counts = self.mood, self.counts
        step = self._chance.choice(mood.troubles) if self._chance.random() < mood.trouble else "ok"
        counts.requests += 1
        counts.by_step[step] += 1
        asked = asked_in(body)
        if asked is None:
            counts.unknown += 1
        else:
            counts.by_call[asked] += 1
        return step

    async def _act(self, stream: SocketStream, body: dict[str, Any], step: str) -> bool:
        mood = self.mood
        await anyio.sleep(mood.slow_s if step == "slow" else self._chance.uniform(mood.least_s, mood.most_s))
        match step:
            case "429":
                await _send(stream, 429, _error("Rate limit reached", "rate_limit_exceeded"), "Retry-After: 0\r\n")
            case "500":
                await _send(stream, 500, _error("The server had an error", None))
            case "broken":
                await _send(stream, 200, b'{"choices": [{"message": ')
            case "cut":
                await stream.send(b'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{"choices"')
                return False
            case "reset":
                raw = stream.extra(SocketAttribute.raw_socket)
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                await anyio.aclose_forcefully(stream)
                return False
            case "hang":
                with anyio.move_on_after(_HANG_S):
                    await stream.receive()
                return False
            case _:
                await _send(stream, 200, _completion(body))
        return True


def asked_in(body: dict[str, Any]) -> Asked | None:
    """Which call a request belongs to, or None where it names no document of ours."""
    text = json.dumps(body.get("messages"))
    essay, mark = _essay.search(text), _mark.search(text)
    if essay is not None:
        return Asked(body["model"], essay[1], essay[2])
    return Asked(body["model"], mark[0], None) if mark else None


def _completion(body: dict[str, Any]) -> bytes:
    asked = asked_in(body)
    if asked is not None and asked.maker is None:
        text = f"Essay on {asked.mark} by {asked.model}. " + "It goes on about live statistics. " * 20
    else:
        verdicts = [{"criterion": name, "score": 4, "reason": "It keeps to the point."} for name in CRITERIA]
        text = json.dumps({"evaluations": verdicts})
    return json.dumps(
        {
            "id": f"chatcmpl-{time.monotonic_ns()}",
            "object": "chat.completion",
            "model": body.get("model"),
            "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": INPUT_TOKENS, "completion_tokens": OUTPUT_TOKENS},
        }
    ).encode()


def _error(message: str, code: str | None) -> bytes:
    return json.dumps({"error": {"message": message, "type": "error", "code": code}}).encode()


async def _send(stream: SocketStream, status: int, body: bytes, headers: str = "") -> None:
    head = f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\n{headers}Content-Length: {len(body)}\r\n\r\n"
    await stream.send(head.encode() + body)


@asynccontextmanager
async def moody_provider(chance: Random) -> AsyncIterator[MoodyProvider]:
    """A provider that listens on a free port; ended with the block."""
    provider = MoodyProvider(chance)
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1", local_port=0, backlog=512)
    provider.port = listener.extra(SocketAttribute.local_port)
    async with listener, anyio.create_task_group() as group:
        group.start_soon(listener.serve, provider.serve_one)
        yield provider
        group.cancel_scope.cancel()
