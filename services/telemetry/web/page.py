"""The endpoint of ``/``: the list of runs, or one run live."""

from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from services.pages.site import beside, page
from services.telemetry.web.parts import Parts


class Page:
    """The endpoint of ``/``."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # While telemetry is away the page asks the executor how much waits for it.
        asks = beside(Headers(scope=scope).get("host", ""), self._parts.config.public_url)
        await page("live.html", self._parts.build, asks=asks)(scope, receive, send)
