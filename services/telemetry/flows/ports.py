"""What the flows need from outside: a store for the log, the event loop's timers, a way out to a connection."""

from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any, Literal, Protocol

from msgspec import Struct

from services.telemetry.core.numbering import Numberer

OK = "ok"
"""The word for a storage that takes events."""

Message = MutableMapping[str, Any]
"""One ASGI message."""

Send = Callable[[Message], Awaitable[None]]
"""The server's way out to one connection."""


class Batch(Struct, gc=False):
    """Consecutive events of one run, ``first`` to ``first + len(lines) - 1``."""

    run_id: str
    epoch: str
    by: "WrittenBy"
    first: int
    lines: list[bytes]


class Rejection(Struct):
    """An event that was refused: the ``n``-th of its run."""

    run_id: str
    n: int
    index: int
    reason: str
    path: str
    message: str
    time: str
    text: str


class Summary(Struct):
    """What ``GET /runs`` shows of a run that is not in memory, true at ``seq``."""

    run_id: str
    seq: int
    facts: bytes


class Deletion(Struct):
    """A run is to go for good."""

    run_id: str
    time: str


class Probe(Struct):
    """Nothing to keep: whether anything can be kept is the question."""


Write = Rejection | Summary | Deletion | Probe

WrittenBy = Numberer | Literal["canary"]
""""canary": the run by which the service tests itself; the store keeps its newest batch only, and lists it nowhere."""


class About(Struct):
    """What the store knows of a run besides its events."""

    deleted: bool = False
    epoch: str | None = None
    by: Numberer | None = None
    rejected: int = 0


class Listed(Struct):
    """A run in a list. ``facts`` are true at ``facts_seq``; the log goes to ``high``."""

    run_id: str
    high: int
    facts_seq: int
    facts: bytes


class EventStore(Protocol):
    """Keeps every run's lines in order. All methods block; they are called in threads and raise ``StoreError``."""

    def write(self, batches: Sequence[Batch], others: Sequence[Write]) -> None:
        """Keep all of it, so that it outlives a power loss, or nothing."""

    def free_bytes(self) -> int:
        """The room that is left for the log; ``StoreError`` when it cannot be used any more."""

    def lines(self, run_id: str, *, after: int, limit_bytes: int) -> list[bytes]:
        """The lines after this seq, at least one if there is one, not many more bytes than asked for.

        A line that cannot be told from its neighbours, or is not there, is empty.
        """

    def about(self, run_id: str) -> About:
        """What is known of the run."""

    def rejections(self, run_id: str) -> list[Rejection]:
        """The newest refused events of a run, newest first."""

    def runs(self, *, limit: int, before: str | None) -> list[Listed]:
        """Runs, the youngest first; ``before``: only those older than this one."""

    def close(self) -> None:
        """Let go of the files."""


class Handle(Protocol):
    """A callback to come."""

    def cancel(self) -> None:
        """Let it not come."""


class Timers(Protocol):
    """The event loop's clock and callbacks."""

    def time(self) -> float:
        """Seconds on a clock that only goes forward."""

    def call_soon(self, callback: Callable[..., Any], /, *args: Any) -> Any:
        """Call it in the loop's next round."""

    def call_later(self, delay: float, callback: Callable[..., Any], /, *args: Any) -> Handle:
        """Call it after so many seconds."""

    def call_soon_threadsafe(self, callback: Callable[..., Any], /, *args: Any) -> Any:
        """Call it in the loop's next round, asked from another thread."""
