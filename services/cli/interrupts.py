"""Ctrl-C, counted: the first asks, the second insists. SIGTERM and a closed terminal count the same."""

import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import anyio


@dataclass(frozen=True, kw_only=True)
class Interrupts:
    """Set one after the other as the signals come."""

    first: anyio.Event = field(default_factory=anyio.Event)
    second: anyio.Event = field(default_factory=anyio.Event)


@asynccontextmanager
async def interrupts() -> AsyncIterator[Interrupts]:
    """Signals are counted instead of ending the process while this is open."""
    seen = Interrupts()
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM, signal.SIGHUP) as signals:
        async with anyio.create_task_group() as group:

            async def count() -> None:
                async for _ in signals:
                    (seen.second if seen.first.is_set() else seen.first).set()

            group.start_soon(count)
            try:
                yield seen
            finally:
                group.cancel_scope.cancel()
