"""A provider that decides by what it is asked, and counts: how often each document, how many at once, who went away."""

import re
import select
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from tests.e2e.provider import INPUT_TOKENS, OUTPUT_TOKENS, ScriptedProvider

HOLD_LIMIT_S = 60.0
_LOOK_S = 0.01
_DOCUMENT = re.compile(r"Document (\d+) is about")

Decide = Callable[[int, int], str]
"""Given the number of the document a request is about, and how often it was asked about before: what happens to it."""


def always(step: str) -> Decide:
    """The same for everybody."""
    return lambda _document, _before: step


class Lab(ScriptedProvider):
    """``held`` are the documents whose requests are held at the moment."""

    def __init__(self, name: str) -> None:
        super().__init__(["ok"])
        self.name = name
        self.decide = always("ok")
        self.asked: Counter[int] = Counter()
        self.held: set[int] = set()
        self.free: set[int] = set()
        self.gone: set[int] = set()
        """Documents whose requests were aborted while they were held."""
        self.at_once = 0
        """How many requests are held."""
        self.most_at_once = 0
        self.arrived_s: list[float] = []
        self.bodies: list[dict[str, Any]] = []
        self._moved = threading.Condition()

    def choose(self, body: dict[str, Any]) -> str:
        """What ``decide`` says."""
        document = document_of(body)
        step = self.decide(document, self.asked[document])
        self.asked[document] += 1
        self.arrived_s.append(time.monotonic())
        self.bodies.append(body)
        if step == "hold":
            with self._moved:
                self.held.add(document)
                self.at_once += 1
                self.most_at_once = max(self.most_at_once, self.at_once)
                self._moved.notify_all()
        return step

    def usage(self, body: dict[str, Any]) -> tuple[int, int]:
        """Other numbers for each document."""
        return INPUT_TOKENS + document_of(body), OUTPUT_TOKENS

    def hold(self, body: dict[str, Any], connection: socket.socket) -> None:
        """Until the document, or everything, is let go, or whoever asked is gone."""
        document, deadline = document_of(body), time.monotonic() + HOLD_LIMIT_S
        while not (self.released.is_set() or document in self.free) and time.monotonic() < deadline:
            if select.select([connection], [], [], _LOOK_S)[0] and not connection.recv(1, socket.MSG_PEEK):
                self.gone.add(document)
                break
        with self._moved:
            self.held.discard(document)
            self.at_once -= 1
            self._moved.notify_all()

    def until(self, condition: Callable[[], bool]) -> None:
        """Return when it holds; looked at whenever a request is held or let go."""
        with self._moved:
            assert self._moved.wait_for(condition, 30), f"{self.counts.requests} requests, held: {sorted(self.held)}"


def document_of(body: dict[str, Any]) -> int:
    """Which document the request is about; 0 for one that was generated."""
    found = _DOCUMENT.search(str(body["messages"]))
    return int(found[1]) if found else 0
