"""The routes about the service itself: probes, metrics, the page and its files, the description of the API."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from services.executor.web.answers import json_answer
from services.executor.web.openapi import openapi
from services.process.problem import Problem

STATIC_FOLDER = Path(__file__).resolve().parent / "static"
_PAGE = STATIC_FOLDER / "index.html"
_BUILD_MARK = "{{build}}"

Readiness = Callable[[], Mapping[str, Any]]
"""What stands between the service and work, by name; a value of None is nothing."""


class ServiceRoutes:
    """Probes, metrics, page."""

    def __init__(self, *, obstacles: Readiness, metrics: Callable[[], tuple[bytes, str]], build: str) -> None:
        self._obstacles = obstacles
        self._metrics = metrics
        self._build = build

    async def live(self, _request: Request) -> Response:
        """GET /health/live: the process answers."""
        return json_answer({"status": "ok", "build": self._build})

    async def ready(self, _request: Request) -> Response:
        """GET /health/ready: runs can be started; 503 with what is in the way otherwise."""
        obstacles = {name: why for name, why in self._obstacles().items() if why is not None}
        if obstacles:
            return json_answer({"status": "not ready", "obstacles": obstacles, "build": self._build}, 503)
        return json_answer({"status": "ready", "build": self._build})

    async def metrics(self, _request: Request) -> Response:
        """GET /metrics: for Prometheus."""
        text, content_type = self._metrics()
        return Response(text, headers={"Content-Type": content_type})

    async def openapi(self, _request: Request) -> Response:
        """GET /openapi.json."""
        return json_answer(openapi(self._build))

    async def page(self, _request: Request) -> Response:
        """GET /: the Execute page."""
        try:
            text = _PAGE.read_text()
        except OSError as error:
            raise Problem("not-found", "the page is not part of this build") from error
        headers = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
        return Response(text.replace(_BUILD_MARK, self._build), media_type="text/html", headers=headers)
