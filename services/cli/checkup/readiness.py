"""What a service that is not ready says stands in its way, and the way out of that."""

from typing import Any

import anyio
import httpx

from services.cli.clients.http_service import connect
from services.cli.errors import Unreachable
from services.cli.showing.phrases import one_line
from shared import paths

_TROUBLE_CHARS = 300
_ONLY_A_START_HELPS = ("removed", "replaced", "gone from", "deleted", "restart", "start the service again")

PASSES = "its log says more; it goes on by itself when that has passed"
RESTART = (
    "it does not go on by itself: put the file back where there is a copy, then start the services again "
    "(Ctrl-C where acm2 up runs, then: acm2 up)"
)


async def obstacles_now(spoken: str, url: str, *, within_s: float) -> str | None:
    """Why the service is not ready now; None where it is, or does not say in this time."""
    with anyio.move_on_after(within_s):
        async with connect(spoken, url) as service:
            try:
                ready = await service.raw(paths.HEALTH_READY)
            except Unreachable:
                # That it cannot be reached is a finding of its own.
                return None
            return None if ready.is_success else obstacles(ready)
    return None


def obstacles(ready: httpx.Response) -> str:
    """The words of an answer to ``/health/ready`` that says no."""
    told = told_by(ready)
    found = told.get("obstacles")
    if isinstance(found, dict):
        return one_line(", ".join(f"{name}: {why}" for name, why in found.items()), _TROUBLE_CHARS)
    return one_line(str(told.get("detail") or f"HTTP {ready.status_code}"), _TROUBLE_CHARS)


def way_out(obstacle: str) -> str:
    """What to do about it: most pass, a file that was taken away under the service does not."""
    return RESTART if any(word in obstacle for word in _ONLY_A_START_HELPS) else PASSES


def told_by(response: httpx.Response) -> dict[str, Any]:
    """The JSON object of the answer, or an empty one."""
    try:
        value = response.json()
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
