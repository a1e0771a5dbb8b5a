"""Presets over HTTP: list, read, make, replace, delete."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response

from services.executor.core.presets.entity_tags import tag
from services.executor.core.presets.kept import Kept, Wish
from services.executor.core.presets.mistakes import InvalidPreset, Mistake
from services.executor.core.presets.preset_schema import preset_schema
from services.executor.errors import ContentExistsError, UnknownPresetError
from services.executor.flows.before.content_ports import PresetStore
from services.executor.flows.before.edit_presets import PresetEditor, Saved
from services.executor.flows.before.prepare import Prepared, Preparer
from services.executor.flows.ports import PresetSource
from services.executor.web.answers import json_answer
from services.executor.web.asked import Sent, read_nothing, read_sent
from services.executor.web.conditional import refused, source_answer, value_answer, wants_source, wish_of
from services.executor.web.links import PublicAddresses
from shared.paths import PRESET, fill

NO_CONTENT = 204

Shown = dict[str, Any]


class PresetRoutes:
    """The routes about presets; their files are read anew each time, beside the loop that others wait for."""

    def __init__(
        self, *, presets: PresetSource, store: PresetStore, preparer: Preparer, addresses: PublicAddresses
    ) -> None:
        self._addresses = addresses
        self._presets = presets
        self._store = store
        self._preparer = preparer
        self._editor = PresetEditor(store=store, preparer=preparer)

    async def list(self, _request: Request) -> Response:
        """GET /presets: each with its plan, or with what is wrong with it."""
        return json_answer({"presets": await anyio.to_thread.run_sync(self._all)})

    async def show(self, request: Request) -> Response:
        """GET /presets/{name}: all it extends and names in it, as POST /runs takes a config; ``?as=source``: its file."""
        name: str = request.path_params["name"]
        kept = await anyio.to_thread.run_sync(self._store.kept, name)
        if wants_source(request):
            return source_answer(request, kept)
        return value_answer(request, await anyio.to_thread.run_sync(self._presets.read, name), kept.version)

    async def make(self, request: Request) -> Response:
        """POST /presets: a new one, called what its ``name`` says."""
        sent = await read_sent(request)
        name = sent.value.get("name") if isinstance(sent.value, dict) else None
        return await self._save(request, name, sent, Wish(new_only=True))

    async def replace(self, request: Request) -> Response:
        """PUT /presets/{name}: make it, or replace it."""
        wish = wish_of(request)
        sent = await read_sent(request)
        try:
            return await self._save(request, request.path_params["name"], sent, wish)
        except ContentExistsError as error:
            raise refused(request, error) from error

    async def delete(self, request: Request) -> Response:
        """DELETE /presets/{name}."""
        await read_nothing(request)
        await anyio.to_thread.run_sync(self._store.remove, request.path_params["name"], wish_of(request))
        return Response(status_code=NO_CONTENT)

    async def schema(self, _request: Request) -> Response:
        """GET /schemas/preset.json: for editors."""
        return json_answer(preset_schema())

    async def _save(self, request: Request, name: Any, sent: Sent, wish: Wish) -> Response:
        saved: Saved = await anyio.to_thread.run_sync(partial(self._editor.save, name, sent.raw, sent.suffix, wish))
        headers = {
            "Location": self._addresses.executor(request) + fill(PRESET, name=saved.name),
            "ETag": tag(saved.version),
        }
        shown = {"name": saved.name, "built_in": False, "etag": tag(saved.version), **_brief(saved.prepared)}
        return json_answer(shown, 201 if saved.new else 200, headers)

    def _all(self) -> Sequence[Shown]:
        return [shown for name in self._presets.names() if (shown := self._one(name)) is not None]

    def _one(self, name: str) -> Shown | None:
        read: Shown = {}

        def whole() -> Shown:
            try:
                read.update(self._presets.read(name))
            except InvalidPreset as error:
                read.update(error.rest or {})
                raise
            return read

        shown: Shown = {"name": name, "built_in": False}
        try:
            kept: Kept = self._store.kept(name)
            shown |= {"built_in": kept.built_in, "etag": tag(kept.version)}
            return {**shown, **_brief(self._preparer.prepare_from(whole))}
        except UnknownPresetError:
            # Deleted since it was listed.
            return None
        except InvalidPreset as error:
            return {**shown, **_broken(read, error.mistakes)}


def _brief(prepared: Prepared) -> Shown:
    plan = prepared.overview
    return {
        "description": prepared.preset.description,
        "planned_calls": plan["planned_calls"],
        "phases": plan["phases"],
        "missing": plan["missing"],
        "mistakes": [],
    }


def _broken(read: Shown, mistakes: Sequence[Mistake]) -> Shown:
    description = read.get("description")
    return {
        "description": description if isinstance(description, str) else "",
        "mistakes": [mistake.shown() for mistake in mistakes],
    }
