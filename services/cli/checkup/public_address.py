"""Where the executor sends browsers for a run's stream and page."""

from urllib.parse import urlsplit

from services.cli.clients.http_service import connect
from services.cli.clients.routes import path
from services.cli.errors import Unreachable
from shared import paths

_ANY_RUN = "doctor"


async def public_telemetry(executor_url: str) -> str:
    """The base URL of telemetry as the executor's redirects name it; raises ``Unreachable`` where they name none."""
    async with connect("the executor", executor_url) as service:
        target = await service.redirect(path(paths.EVENTS, run_id=_ANY_RUN))
    parts = urlsplit(target)
    if not parts.netloc:
        raise Unreachable(f"the executor at {executor_url} does not say where telemetry is for browsers")
    return f"{parts.scheme}://{parts.netloc}"
