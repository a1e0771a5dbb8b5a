"""A run's log as one service keeps it, read whole and counted again from the first line."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from shared.digest import EMPTY, extend
from shared.fold import RunFold
from shared.stored import is_single, parse_time


@dataclass(frozen=True)
class Log:
    """The lines of a log, in order."""

    lines: list[str]
    events: list[dict[str, Any]]

    @property
    def digest(self) -> str:
        return extend(EMPTY, [line.encode() for line in self.lines]).hex()

    def digest_before(self, seq: int) -> str:
        return extend(EMPTY, [line.encode() for line in self.lines[: seq - 1]]).hex()

    @property
    def singles(self) -> list[dict[str, Any]]:
        return [event for event in self.events if is_single(event["type"])]

    def stats(self) -> dict[str, Any]:
        fold = RunFold()
        for event in self.events:
            time_ms = parse_time(event["time"])
            assert time_ms is not None
            fold.apply(event["seq"], event["type"], event["time"], time_ms, event["data"])
        return fold.stats()


def read_log(body: str) -> Log:
    """The log in an NDJSON answer."""
    lines = body.splitlines()
    return Log(lines, [json.loads(line) for line in lines])


@dataclass
class CallHistory:
    """What the log says of one call."""

    attempts: int = 0
    unsent: int = 0
    uncertain: int = 0
    died: int = 0
    succeeded: bool = False
    open: int = 0
    """The attempt under way, or 0."""


def histories(log: Log) -> tuple[dict[str, CallHistory], list[str]]:
    """Each call's history, and what in them may not be: an attempt after success, one without a reason, one unended."""
    calls: dict[str, CallHistory] = {}
    wrong: list[str] = []
    for event in log.events:
        if event["type"] in _OF_CALLS:
            call = calls.setdefault(event["data"]["call_id"], CallHistory())
            found = _OF_CALLS[event["type"]](call, event["data"])
            wrong.extend(f"{event['data']['call_id']}, at {event['seq']}: {each}" for each in found)
    wrong.extend(f"{call_id}: attempt {call.open} never ended" for call_id, call in calls.items() if call.open)
    return calls, wrong


def _asked(call: CallHistory, data: dict[str, Any]) -> list[str]:
    wrong = []
    call.attempts += 1
    if call.succeeded:
        wrong.append("asked again, though it had succeeded")
    if call.open:
        wrong.append(f"asked while attempt {call.open} was open")
    if data["attempt"] != call.attempts:
        wrong.append(f"attempt {data['attempt']} is number {call.attempts}")
    call.open = data["attempt"]
    return wrong


def _answered(call: CallHistory, data: dict[str, Any]) -> list[str]:
    wrong = [] if call.open == data["attempt"] else [f"attempt {data['attempt']} ended and was not open"]
    call.open = 0
    return wrong


def _not_answered(call: CallHistory, data: dict[str, Any]) -> list[str]:
    call.unsent += data["sent"] == "no"
    call.uncertain += data["sent"] == "maybe"
    call.died += data["error"]["kind"] == "worker_died"
    return _answered(call, data)


def _succeeded(call: CallHistory, data: dict[str, Any]) -> list[str]:
    wrong = ["succeeded twice"] if call.succeeded else []
    call.succeeded = True
    if data["attempts"] != call.attempts:
        wrong.append(f"{data['attempts']} attempts claimed, {call.attempts} in the log")
    return wrong


_OF_CALLS: dict[str, Callable[[CallHistory, dict[str, Any]], list[str]]] = {
    "attempt_started": _asked,
    "attempt_succeeded": _answered,
    "attempt_failed": _not_answered,
    "call_succeeded": _succeeded,
}
