"""What is known of one call and its attempts, and what it adds to the numbers."""

from typing import Any

from shared.fold.durations import bucket
from shared.fold.tally import Share, nano_usd

STATE_OF = {
    "call_queued": "queued",
    "call_started": "in_flight",
    "call_succeeded": "successful_calls",
    "call_failed": "failed_calls",
    "call_cancelled": "cancelled_calls",
    "call_lost": "lost_calls",
}
"""The events that change a call's state; the one with the highest seq has it."""

CALLED_OFF = "cancelled"
"""The kind of an attempt somebody called off: it failed, but it is no error to show."""

_UNSUCCESSFUL = frozenset({"failed_calls", "cancelled_calls", "lost_calls"})
_NAMING = frozenset({"call_queued", "call_started"})
_NAMES = ("label", "phase", "provider", "model")


class Attempt:
    """One request; its end is that of the event with the highest seq."""

    __slots__ = ("data", "end_seq", "outcome")

    def __init__(self) -> None:
        self.outcome: str | None = None
        self.end_seq = 0
        self.data: dict[str, Any] = {}


class CallRecord:
    """One call: its state, its names, its attempts, what it waits for."""

    __slots__ = (
        "attempts",
        "call_id",
        "counted",
        "ended_attempts",
        "label",
        "model",
        "named_at",
        "newest_attempt_seq",
        "phase",
        "provider",
        "reason",
        "since",
        "since_ms",
        "state",
        "state_seq",
        "unasked_errors",
        "until",
        "wait_seq",
        "waits_for",
    )

    def __init__(self, call_id: str) -> None:
        self.call_id = call_id
        self.state: str | None = None
        self.state_seq = 0
        self.named_at: dict[str, int] = {}
        self.label: str | None = None
        self.phase: str | None = None
        self.provider: str | None = None
        self.model: str | None = None
        self.since = ""
        self.since_ms = 0
        self.ended_attempts = 0
        self.unasked_errors: dict[str, int] = {}
        self.attempts: dict[int, Attempt] = {}
        self.newest_attempt_seq = 0
        self.wait_seq = 0
        self.waits_for: str | None = None
        self.until: str | None = None
        self.reason: str | None = None
        self.counted: Counted | None = None

    def move(self, seq: int, type_: str, time: str, time_ms: int, data: dict[str, Any]) -> None:
        """Take in an event that changes the state; an older one than the known says nothing new."""
        if type_ in _NAMING:
            for name in _NAMES:
                given = data.get(name)
                # Each name has its own newest event: one that leaves a name out takes none away.
                if given and seq > self.named_at.get(name, 0):
                    self.named_at[name] = seq
                    setattr(self, name, given)
        if seq > self.state_seq:
            self.state_seq = seq
            self.state = STATE_OF[type_]
            self.since = time
            self.since_ms = time_ms
            self.ended_attempts = 0 if type_ in _NAMING else data.get("attempts") or 0

    def wait(self, seq: int, data: dict[str, Any]) -> None:
        """Take in what the call waits for."""
        if seq > self.wait_seq:
            self.wait_seq = seq
            self.waits_for = data["waits_for"]
            self.until = data.get("until")
            self.reason = data.get("reason")

    def attempt(self, seq: int, type_: str, data: dict[str, Any]) -> None:
        """Take in the start or the end of an attempt."""
        attempt = self.attempts.setdefault(data["attempt"], Attempt())
        if type_ == "attempt_started":
            self.newest_attempt_seq = max(self.newest_attempt_seq, seq)
        elif seq > attempt.end_seq:
            attempt.end_seq = seq
            attempt.outcome = type_
            attempt.data = data

    @property
    def waits(self) -> bool:
        """Whether the newest known of it is that it waits for something."""
        return self.wait_seq > max(self.state_seq, self.newest_attempt_seq)

    def shown(self) -> dict[str, Any]:
        """The call as ``in_flight_calls`` and ``waiting_calls`` list it."""
        waiting = self.waits
        return {
            "call_id": self.call_id,
            "label": self.label,
            "provider": self.provider,
            "model": self.model,
            "phase": self.phase,
            "attempt": max(self.attempts, default=None),
            "since": self.since,
            "waits_for": self.waits_for if waiting else None,
            "until": self.until if waiting else None,
            "reason": self.reason if waiting else None,
        }


class Counted:
    """What a call has been counted as: where, how much, and which errors."""

    __slots__ = ("errors", "model", "phase", "recovered", "share", "unasked_errors")

    def __init__(self, call: CallRecord) -> None:
        self.phase = call.phase
        self.model = (call.provider, call.model) if call.provider or call.model else None
        self.recovered = call.state == "successful_calls"
        self.errors: dict[str, int] = {}
        self.unasked_errors = dict(call.unasked_errors)
        self.share = share = Share()
        count = share.counts
        tried = bool(call.attempts) or call.ended_attempts > 0
        if call.state in _UNSUCCESSFUL and not tried:
            count["not_started"] = 1
        elif call.state is not None:
            count[call.state] = 1
        count["attempts"] = len(call.attempts)
        count["tried_calls"] = 1 if call.attempts else 0
        for attempt in call.attempts.values():
            self._add(attempt)

    def _add(self, attempt: Attempt) -> None:
        count, data = self.share.counts, attempt.data
        if attempt.outcome is None:
            count["open_attempts"] += 1
            return
        if attempt.outcome == "attempt_failed":
            kind = data["error"]["kind"]
            if kind != CALLED_OFF:
                self.errors[kind] = self.errors.get(kind, 0) + 1
            count["failed_attempts"] += 1
            sent = data.get("sent", "maybe")
            count["unsent_attempts"] += sent == "no"
            count["uncertain_attempts"] += sent == "maybe"
            count["died_attempts"] += kind == "worker_died"
            if sent == "no":
                return
        elif data.get("duration_s") is not None:
            index = bucket(data["duration_s"])
            self.share.buckets[index] = self.share.buckets.get(index, 0) + 1
        self._measure("input_tokens", "input_known", data.get("input_tokens"))
        self._measure("output_tokens", "output_known", data.get("output_tokens"))
        cost = data.get("cost_usd")
        self._measure("cost_nano", "priced", None if cost is None else nano_usd(cost))
        count["unpriced_attempts"] += cost is None

    def _measure(self, total: str, known: str, amount: int | None) -> None:
        if amount is not None:
            self.share.counts[total] += amount
            self.share.counts[known] += 1
