"""The pages as files: revalidated each time, so that a new build is seen at once; nothing but their own may run in them."""

import os
from collections.abc import Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from services.process.guard import host_of, is_loopback

STATIC_FOLDER = Path(__file__).resolve().parent / "static"
BUILD_MARK = "{{build}}"
"""Stands in a page where the build goes."""

_METHODS = ("GET", "HEAD")

PageName = Literal["live.html", "execute.html"]


def page(name: PageName, build: str, *, also_from: str = "", asks: Sequence[str] = ()) -> Response:
    """The page, with the build in it. ``also_from`` names a further origin whose element and streams it may use,
    ``asks`` further sources it may only ask."""
    sources = f"'self' {also_from}".strip()
    asked = " ".join([sources, *asks])
    policy = f"default-src 'none'; script-src {sources}; style-src {sources}; connect-src {asked}; img-src 'self'"
    text = (STATIC_FOLDER / name).read_text("utf-8").replace(BUILD_MARK, build)
    headers = {
        "Cache-Control": "no-cache",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": f"{policy}; base-uri 'none'; form-action 'none'",
    }
    return Response(text, media_type="text/html", headers=headers)


def beside(host_header: str, public_url: str | None) -> list[str]:
    """Where the other service may be, for a page asked for at this ``Host``: at its public URL, or on the same machine."""
    host = host_of(host_header)
    # A policy has no way to name an IPv6 address.
    names = {"localhost", "127.0.0.1"} if is_loopback(host) else {host}
    found = sorted(f"{scheme}://{name}:*" for name in names if name and ":" not in name for scheme in ("http", "https"))
    if public_url is not None:
        parts = urlsplit(public_url)
        found.append(f"{parts.scheme}://{parts.netloc}")
    return found


class Static(StaticFiles):
    """The pages' files under ``/static``."""

    def __init__(self) -> None:
        super().__init__(directory=STATIC_FOLDER)

    async def get_response(self, path: str, scope: Scope) -> Response:
        """As Starlette's, and who asks with another method is told which there are."""
        if scope["method"] not in _METHODS:
            raise HTTPException(HTTPStatus.METHOD_NOT_ALLOWED, headers={"Allow": ", ".join(_METHODS)})
        return await super().get_response(path, scope)

    def file_response(
        self, full_path: str | os.PathLike[str], stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        """A file, to be asked for again each time (and not sent again if it is the same)."""
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers["Cache-Control"] = "no-cache"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response
