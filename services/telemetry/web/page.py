"""The page and its modules, as files: revalidated each time, so that a new build is seen at once."""

import os
from pathlib import Path

import anyio
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from services.process.problem import Problem
from services.telemetry.web.parts import Parts

STATIC_DIR = Path(__file__).parent / "static"
BUILD_MARK = "{{ build }}"
"""Stands in the page where the build goes."""


class Page:
    """The endpoint of ``/``."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = anyio.Path(STATIC_DIR / "index.html")
        if not await path.exists():
            raise Problem("not-found", "this build has no page")
        text = (await path.read_text("utf-8")).replace(BUILD_MARK, self._parts.build)
        headers = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
        await Response(text, media_type="text/html", headers=headers)(scope, receive, send)


class Static(StaticFiles):
    """The page's files under ``/static``."""

    def __init__(self) -> None:
        super().__init__(directory=STATIC_DIR, check_dir=False)

    def file_response(
        self, full_path: str | os.PathLike[str], stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        """A file, to be asked for again each time (and not sent again if it is the same)."""
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers["Cache-Control"] = "no-cache"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response
