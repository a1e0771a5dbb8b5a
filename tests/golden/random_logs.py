"""Logs no sane producer would send, but telemetry would take: any event about a few calls, at any time."""

import random
from collections.abc import Callable
from typing import Any, get_args

from shared.events import PHASES, FinalStatus, WaitsFor
from shared.failures import FailureKind, Sent
from tests.golden.log_builder import Event, Log

_CALLS = ("a", "b", "c", "d", "é")
_MODELS = ("m", "\uffee", "\U0001f40d", "", None)
_OPEN_ENDED = ("call_failed", "call_cancelled", "call_lost")


def random_log(chance: random.Random, *, longest: int = 80) -> list[Event]:
    """A log of up to ``longest`` events."""
    log = Log()
    for _ in range(chance.randrange(longest)):
        log.pause(chance.choice((0, 0, 10, 1_000, 20_000, -30_000)))
        type_ = chance.choice(sorted(_MAKERS))
        log.add(type_, **_MAKERS[type_](chance))
    return log.events


def _maybe(chance: random.Random, value: Any) -> Any:
    return None if chance.random() < 0.3 else value


def _error(chance: random.Random) -> dict[str, Any]:
    kinds = (*FailureKind, FailureKind.CANCELLED, FailureKind.WORKER_DIED)
    return {"kind": str(chance.choice(kinds)), "message": chance.choice(("", "broken", "größer"))}


def _named(chance: random.Random) -> dict[str, Any]:
    return {
        "call_id": chance.choice(_CALLS),
        "phase": _maybe(chance, chance.choice(PHASES)),
        "label": _maybe(chance, chance.choice(("", "one", "two"))),
        "provider": _maybe(chance, chance.choice(("p", "q"))),
        "model": chance.choice(_MODELS),
    }


def _ended(chance: random.Random) -> dict[str, Any]:
    return {
        "call_id": chance.choice(_CALLS),
        "attempts": _maybe(chance, chance.randrange(3)),
        "error": _maybe(chance, _error(chance)),
    }


def _attempt(chance: random.Random) -> dict[str, Any]:
    return {"call_id": chance.choice(_CALLS), "attempt": chance.randrange(1, 5)}


def _measured(chance: random.Random) -> dict[str, Any]:
    return {
        "duration_s": _maybe(chance, round(10 ** chance.uniform(-4, 5), chance.randrange(7))),
        "input_tokens": _maybe(chance, chance.randrange(5_000)),
        "output_tokens": _maybe(chance, chance.randrange(500)),
        "cost_usd": _maybe(chance, chance.choice((0, chance.random() / 7, chance.random() * 1e-9, 1e-9, 3))),
    }


def _plan(chance: random.Random) -> dict[str, Any]:
    names = chance.sample(PHASES, chance.randrange(4))
    return {
        "phases": [{"phase": name, "planned_calls": chance.randrange(9)} for name in names],
        "planned_calls": _maybe(chance, chance.randrange(40)),
        "max_requests_total": _maybe(chance, chance.randrange(20)),
        "limits": _maybe(chance, chance.choice(({}, {"max_cost_usd": chance.choice((None, 0, 2.5, "2"))}))),
    }


def _moved(chance: random.Random) -> dict[str, Any]:
    return {"reason": _maybe(chance, "asked")}


def _phase(chance: random.Random) -> dict[str, Any]:
    return {"phase": chance.choice(PHASES), "planned_calls": _maybe(chance, chance.randrange(9))}


_MAKERS: dict[str, Callable[[random.Random], dict[str, Any]]] = {
    "run_planned": _plan,
    "run_resumed": _plan,
    "run_started": _moved,
    "run_paused": _moved,
    "run_cancelling": _moved,
    "run_interrupted": _moved,
    "run_finished": lambda chance: {"status": chance.choice(get_args(FinalStatus))} | _moved(chance),
    "phase_started": _phase,
    "phase_finished": _phase,
    "call_queued": _named,
    "call_started": _named,
    "call_waiting": lambda chance: {
        "call_id": chance.choice(_CALLS),
        "waits_for": chance.choice(get_args(WaitsFor)),
        "until": _maybe(chance, "2026-11-22T10:00:00Z"),
        "reason": _maybe(chance, "rate_limited"),
    },
    "attempt_started": _attempt,
    "attempt_succeeded": lambda chance: _attempt(chance) | _measured(chance),
    "attempt_failed": lambda chance: (
        _attempt(chance) | _measured(chance) | {"error": _error(chance), "sent": chance.choice(get_args(Sent))}
    ),
    "call_succeeded": lambda chance: {"call_id": chance.choice(_CALLS), "attempts": chance.randrange(4)},
    **dict.fromkeys(_OPEN_ENDED, _ended),
    "alert": lambda chance: {
        "alert_id": chance.choice(_CALLS),
        "state": chance.choice(("raised", "cleared")),
        "n": chance.random(),
    },
    "client_report": lambda chance: {"discarded": [{"reason": "full", "quantity": chance.randrange(1, 9)}]},
    "my.own": lambda _chance: {"call_id": 5},
    "log": lambda _chance: {"message": "line"},
}
