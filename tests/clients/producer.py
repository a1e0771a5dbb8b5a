"""A producer that never gives up: what is not acknowledged is sent again, under the same numbers."""

import threading
from typing import Any

import httpx

from tests.telemetry.server import finished, log, numbered, step

PACE_S = 0.04
AWKWARD = ("one\nline\r\nmore", "\u2028 \u2029 \u0085", "ä 🐍 \\ud83d", "id: x\ndata: y\n\n", "\ufeff", "x" * 2_000)
"""Texts that have broken readers of streams."""
TYPES = ("log", "myapp.step", "run_finished")

Event = dict[str, Any]


class Producer:
    """Posts a run's events, a few at a time, from a thread of its own until it is told to finish the run."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._next = 1
        self._asked_to_finish = threading.Event()
        self._asked_to_stop = threading.Event()
        self._thread = threading.Thread(target=self._produce)
        self.resent = 0
        """How often events were sent again because nobody had answered."""
        self.failure: Exception | None = None

    def start(self) -> None:
        self._thread.start()

    def finish(self) -> None:
        """Have the run finished, and wait until all of it is acknowledged."""
        self._asked_to_finish.set()
        self._thread.join(60)
        assert not self._thread.is_alive(), "the producer could not deliver"
        if self.failure is not None:
            raise self.failure

    def stop(self) -> None:
        """Let the thread end, delivered or not."""
        self._asked_to_stop.set()
        self._asked_to_finish.set()
        if self._thread.ident is not None:
            self._thread.join(60)

    @property
    def acknowledged(self) -> int:
        """How many events are known to be kept."""
        return self._next - 1

    def _produce(self) -> None:
        try:
            with httpx.Client(timeout=20, trust_env=False) as client:
                while not self._asked_to_finish.wait(PACE_S):
                    text = AWKWARD[self._next % len(AWKWARD)]
                    self._deliver(client, [log(text), *[step(n, data={"n": n}) for n in range(self._next % 5)]])
                self._deliver(client, [finished(events=self._next - 1)])
        except Exception as error:  # noqa: BLE001 - handed to whoever waits for this thread
            self.failure = error

    def _deliver(self, client: httpx.Client, events: list[Event]) -> None:
        batch = numbered(self._next, *events)
        while not self._asked_to_stop.is_set():
            try:
                answer = client.post(self._url, json=batch)
            except httpx.HTTPError:
                answer = None
            if answer is not None and answer.status_code == httpx.codes.OK:
                self._next += len(batch)
                return
            assert answer is None or answer.status_code in {502, 503}, answer.text
            self.resent += 1
            self._asked_to_stop.wait(PACE_S)
