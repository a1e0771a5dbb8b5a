"""The list of errors a run met: one entry a kind, never erased by the success of another call."""

from typing import Any


class ErrorList:
    """Errors by kind, and the newest of all."""

    def __init__(self) -> None:
        self._kinds: dict[str, _Kind] = {}
        self._newest: tuple[int, str, dict[str, Any], str] | None = None

    def note(self, seq: int, call_id: str, time: str, time_ms: int, error: dict[str, Any], *, asked: bool) -> None:
        """Take in one error event: of a request, or of a call that was never ``asked``."""
        kind = self._kinds.setdefault(error["kind"], _Kind())
        if kind.first_ms is None or (time_ms, seq) < (kind.first_ms, kind.first_seq):
            kind.first_ms, kind.first_seq, kind.first = time_ms, seq, time
        if kind.last_ms is None or (time_ms, seq) > (kind.last_ms, kind.last_seq):
            kind.last_ms, kind.last_seq, kind.last = time_ms, seq, time
        # What a request met says more than that others were not made for its sake.
        if (asked, seq) > kind.message_from:
            kind.message_from, kind.message = (asked, seq), error.get("message", "")
        if self._newest is None or seq > self._newest[0]:
            self._newest = (seq, call_id, error, time)

    def count(self, kind: str, *, requests: int, unasked: int, unrecovered: int) -> None:
        """Add (or with negative numbers take away) what one call adds to one kind."""
        entry = self._kinds[kind]
        entry.requests += requests
        entry.unasked += unasked
        entry.unrecovered += unrecovered

    def shown(self) -> list[dict[str, Any]]:
        """The entries as CONTRACT section 5 names them, the kind first met first.

        ``count`` is of requests; where none was made (a spent budget), of calls that were not asked.
        """
        entries = sorted(self._kinds.items(), key=lambda item: (item[1].first_seq, item[0]))
        return [
            {
                "kind": name,
                "count": entry.requests or entry.unasked,
                "first_seen": entry.first,
                "last_seen": entry.last,
                "message": entry.message,
                "recovered": entry.unrecovered == 0,
            }
            for name, entry in entries
        ]

    def newest(self) -> tuple[str, dict[str, Any], str] | None:
        """Call id, error and time of the newest error."""
        return self._newest[1:] if self._newest else None


class _Kind:
    __slots__ = (
        "first",
        "first_ms",
        "first_seq",
        "last",
        "last_ms",
        "last_seq",
        "message",
        "message_from",
        "requests",
        "unasked",
        "unrecovered",
    )

    def __init__(self) -> None:
        self.requests = self.unasked = self.unrecovered = 0
        self.first = self.last = self.message = ""
        self.first_ms: int | None = None
        self.last_ms: int | None = None
        self.first_seq = self.last_seq = 0
        self.message_from = (False, 0)
