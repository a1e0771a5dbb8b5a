"""The running event loop as ``Timers``: the one place that names asyncio.

anyio has no callbacks and no way to be called when a future is done; a task for each of a thousand viewers instead is
what makes a hub slow.
"""

import asyncio

from services.telemetry.flows.ports import Timers


def loop_timers() -> Timers:
    """The clock and callbacks of the loop this is called in."""
    return asyncio.get_running_loop()
