"""The routes about the service itself: probes, metrics, the page and its files, the description of the API."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from services.executor.web.answers import json_answer
from services.executor.web.links import PublicAddresses
from services.executor.web.openapi import openapi
from services.pages.site import page
from shared.limits import CONTRACT_VERSION

Readiness = Callable[[], Mapping[str, Any]]
"""What stands between the service and work, by name; a value of None is nothing."""


class ServiceRoutes:
    """Probes, metrics, page."""

    def __init__(
        self,
        *,
        obstacles: Readiness,
        details: Readiness,
        metrics: Callable[[], tuple[bytes, str]],
        addresses: PublicAddresses,
        build: str,
    ) -> None:
        self._obstacles = obstacles
        self._details = details
        self._metrics = metrics
        self._addresses = addresses
        self._build = build

    async def live(self, _request: Request) -> Response:
        """GET /health/live: the process answers."""
        return json_answer({"status": "ok", "build": self._build, "contract": CONTRACT_VERSION})

    async def ready(self, _request: Request) -> Response:
        """GET /health/ready: runs can be started; 503 with what is in the way otherwise.

        Telemetry is no obstacle, only a detail: a run never depends on it.
        """
        obstacles = {name: why for name, why in self._obstacles().items() if why is not None}
        if obstacles:
            shown = {"status": "not ready", "obstacles": obstacles, "build": self._build, **self._details()}
            return json_answer(shown, 503)
        return json_answer({"status": "ready", "build": self._build, **self._details()})

    async def metrics(self, _request: Request) -> Response:
        """GET /metrics: for Prometheus."""
        text, content_type = self._metrics()
        return Response(text, headers={"Content-Type": content_type})

    async def openapi(self, _request: Request) -> Response:
        """GET /openapi.json."""
        return json_answer(openapi(self._build))

    async def page(self, request: Request) -> Response:
        """GET /: the Execute page. The element it shows runs with comes from telemetry."""
        telemetry = urlsplit(self._addresses.of_telemetry(request))
        return page("execute.html", self._build, also_from=f"{telemetry.scheme}://{telemetry.netloc}")
