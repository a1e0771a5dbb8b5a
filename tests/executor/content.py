"""Presets and library over HTTP without the rest of the executor: the real routes behind the real guard, real files."""

import inspect
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from services.executor.adapters.content.library import Library
from services.executor.adapters.content.presets import PresetFolders
from services.executor.flows.before.prepare import Preparer
from services.executor.web.library import LibraryRoutes
from services.executor.web.links import PublicAddresses
from services.executor.web.presets import PresetRoutes
from services.executor.web.routes import application
from services.process.guard import Door
from tests.executor.configs import no_list

BASE = "http://127.0.0.1:8002"
PRESET = """\
# What the letters are about.
name: letters
description: Letters, judged.
documents: [{id: one, text: Dear all.}]
single_eval:
  criteria: [Clarity]   # one is enough
  judges: [{provider: local, model: smollm2-135m}]
"""
YAML = {"Content-Type": "application/yaml"}


class _Elsewhere:
    """Stands for routes no test here asks."""

    def __getattr__(self, name: str) -> Any:
        async def nothing(_request: Any) -> None:
            raise AssertionError(f"nobody asks for {name} here")

        return nothing


@asynccontextmanager
async def content(folder: Path, *, documents: Path | None = None) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the routes; presets and library lie in this folder."""
    library = Library(folder / "library")
    presets = PresetFolders(folder / "presets", documents, library)
    preparer = Preparer(presets=presets, price_of=no_list, environ={})
    addresses = PublicAddresses(own=None, telemetry=None, telemetry_url="http://127.0.0.1:8003")
    routes: dict[str, Any] = {name: _Elsewhere() for name in inspect.signature(application).parameters}
    routes |= {
        "presets": PresetRoutes(presets=presets, store=presets, preparer=preparer, addresses=addresses),
        "library": LibraryRoutes(library=library, addresses=addresses),
        "door": Door(hosts=frozenset()),
    }
    transport = httpx.ASGITransport(app=application(**routes))
    async with httpx.AsyncClient(transport=transport, base_url=BASE) as asked:
        yield asked


def problem(response: httpx.Response, status: int, type_: str) -> dict[str, str]:
    """The mistakes of a problem of this kind, by place."""
    assert response.status_code == status, response.text
    body = response.json()
    assert body["type"].endswith(f"/{type_}"), body
    return {error["path"]: error["message"] for error in body.get("errors", ())}
