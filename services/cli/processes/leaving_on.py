"""Work that is cut short when something happens."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio


@asynccontextmanager
async def leaving_on(*events: anyio.Event) -> AsyncIterator[None]:
    """The body runs until its end or until one of the events is set; either way what follows it goes on."""
    async with anyio.create_task_group() as group:
        for event in events:
            group.start_soon(_cancel_when, event, group.cancel_scope)
        yield
        group.cancel_scope.cancel()


async def _cancel_when(event: anyio.Event, scope: anyio.CancelScope) -> None:
    await event.wait()
    scope.cancel()
