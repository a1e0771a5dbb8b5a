"""The endpoint of ``/``: the list of runs, or one run live."""

from starlette.types import Receive, Scope, Send

from services.pages.site import page
from services.telemetry.web.parts import Parts


class Page:
    """The endpoint of ``/``."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await page("live.html", self._parts.build)(scope, receive, send)
