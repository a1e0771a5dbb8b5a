"""A log as a stream brought it: every line, in order, with its count and digest. Pure."""

from dataclasses import dataclass, field
from typing import Any

from shared.digest import EMPTY, extend

Json = dict[str, Any]


@dataclass
class Received:
    """What has come so far."""

    count: int = 0
    out_of_order: int = 0
    end: Json | None = None
    claimed: Json | None = None
    """What the run's last event says of the log before it."""

    _digest: bytes = field(default=EMPTY)
    _before: tuple[int, str] = (0, "")

    def take(self, event: str, data: Json, text: str) -> None:
        """Take in one frame; ``text`` is its data as it was sent."""
        if event == "end":
            self.end = data
        elif "epoch" in data and "seq" in data and event != "hello":
            if data["seq"] != self.count + 1:
                self.out_of_order += 1
            if event == "run_finished":
                self.claimed = data["data"] | {"before": self.count, "digest_before": self.digest}
            self.count += 1
            self._digest = extend(self._digest, [text.encode("ascii")])

    @property
    def digest(self) -> str:
        """Of all lines so far."""
        return self._digest.hex()

    def differences(self, telemetry: Json) -> list[str]:
        """How what came differs from what the stream's end, the run's own end and telemetry say of the log."""
        found = []
        if self.out_of_order:
            found.append(f"{self.out_of_order} events came out of order")
        for said, by in ((self.end or {}, "the stream's end"), (telemetry, "telemetry")):
            if said.get("count") != self.count:
                found.append(f"{by} counts {said.get('count')} events, {self.count} came")
            elif said.get("digest") != self.digest:
                found.append(f"the digest of what came differs from the one {by} says")
            if said.get("complete") is not True:
                found.append(f"{by} calls the log {'incomplete' if said.get('complete') is False else 'unfinished'}")
        claimed = self.claimed or {}
        if claimed.get("events") not in (None, claimed.get("before")):
            found.append(f"the executor wrote {claimed['events']} events before the last, {claimed.get('before')} came")
        elif claimed.get("digest") not in (None, claimed.get("digest_before")):
            found.append("the digest of what came differs from the one the executor says")
        return found
