"""When this executor was last seen alive: a file that is touched while it runs, for the one that is started after it.

A run may wait minutes for an answer without an event. Only this says how long ago a killed executor really stopped.
"""

from pathlib import Path

import anyio
import anyio.to_thread
import structlog

TOUCH_S = 5.0

log = structlog.get_logger()


class AliveMark:
    """One file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._trouble: str | None = None

    def seen_ms(self) -> int | None:
        """When the executor before this one was last alive, in milliseconds since 1970; None where nobody knows."""
        try:
            return self._path.stat().st_mtime_ns // 1_000_000
        except OSError:
            return None

    async def run(self) -> None:
        """Touch the file until cancelled. A file that cannot be touched is said once: the runs' events say almost as much."""
        while True:
            await anyio.to_thread.run_sync(self._touch)
            await anyio.sleep(TOUCH_S)

    def _touch(self) -> None:
        try:
            self._path.touch()
        except OSError as error:
            if self._trouble is None:
                log.warning("the mark of life cannot be written", error=str(error))
            self._trouble = str(error)
        else:
            self._trouble = None
