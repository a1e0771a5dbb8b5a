"""The library over HTTP: instructions, criteria and documents that presets refer to as ``library:NAME``."""

from typing import Any

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response

from services.executor.core.presets.criteria_list import criteria_mistakes
from services.executor.core.presets.entity_tags import tag, version_of
from services.executor.core.presets.kept import PRESET_SUFFIXES, TEXT_SUFFIXES, Wish, wrong_name
from services.executor.core.presets.mistakes import InvalidPreset, Mistake
from services.executor.errors import ContentExistsError, UnknownContentError
from services.executor.flows.before.content_ports import LibraryStore
from services.executor.web.answers import json_answer
from services.executor.web.asked import Sent, read_nothing, read_sent
from services.executor.web.conditional import refused, source_answer, value_answer, wants_source, wish_of
from services.executor.web.links import PublicAddresses
from services.process.problem import Problem
from shared.paths import LIBRARY_ITEM, fill

KINDS = ("instructions", "criteria", "documents")
MOST_BYTES = 8 * 1024 * 1024
NO_CONTENT = 204

Shown = dict[str, Any]


class LibraryRoutes:
    """The routes about the library; its files are read anew each time."""

    def __init__(self, *, library: LibraryStore, addresses: PublicAddresses) -> None:
        self._addresses = addresses
        self._library = library

    async def list(self, _request: Request) -> Response:
        """GET /library: what there is of each kind, without the texts."""
        return json_answer(await anyio.to_thread.run_sync(self._all))

    async def show(self, request: Request) -> Response:
        """GET /library/{kind}/{name}: ``{text}`` or ``{criteria}``; ``?as=source``: the file itself."""
        kind, name = _asked_for(request)
        kept = await anyio.to_thread.run_sync(self._library.kept, kind, name)
        if wants_source(request):
            return source_answer(request, kept)
        if kind == "criteria":
            value: Shown = {"criteria": await anyio.to_thread.run_sync(self._library.criteria, name)}
        else:
            value = {"text": await anyio.to_thread.run_sync(self._library.text, kind, name)}
        return value_answer(request, {"kind": kind, "name": name, "bytes": len(kept.raw), **value}, kept.version)

    async def replace(self, request: Request) -> Response:
        """PUT /library/{kind}/{name}: make it, or replace it. Criteria are kept as they were sent."""
        kind, name = _asked_for(request)
        wish = wish_of(request)
        sent = await read_sent(request)
        wrong = wrong_name(name, PRESET_SUFFIXES + TEXT_SUFFIXES)
        mistakes = [] if wrong is None else [Mistake("name", wrong)]
        mistakes += criteria_mistakes(sent.value) if kind == "criteria" else _text_mistakes(sent.value)
        if mistakes:
            raise InvalidPreset(mistakes)
        raw = sent.raw if kind == "criteria" else sent.value["text"].encode()
        new = await self._keep(request, kind, name, raw, sent, wish)
        address = self._addresses.executor(request) + fill(LIBRARY_ITEM, kind=kind, name=name)
        now = tag(version_of(raw))
        shown = {"kind": kind, "name": name, "bytes": len(raw), "etag": now}
        return json_answer(shown, 201 if new else 200, {"Location": address, "ETag": now})

    async def delete(self, request: Request) -> Response:
        """DELETE /library/{kind}/{name}."""
        await read_nothing(request)
        kind, name = _asked_for(request)
        await anyio.to_thread.run_sync(self._library.remove, kind, name, wish_of(request))
        return Response(status_code=NO_CONTENT)

    async def _keep(self, request: Request, kind: str, name: str, raw: bytes, sent: Sent, wish: Wish) -> bool:
        if len(raw) > MOST_BYTES:
            raise Problem(
                "too-large", f"a text of the library may have {MOST_BYTES} bytes at most; this has {len(raw)}"
            )
        try:
            return await anyio.to_thread.run_sync(self._library.keep, kind, name, raw, sent.suffix, wish)
        except ContentExistsError as error:
            raise refused(request, error) from error

    def _all(self) -> Shown:
        return {kind: [self._brief(kind, name) for name in self._library.names(kind)] for kind in KINDS}

    def _brief(self, kind: str, name: str) -> Shown:
        # Texts are not read for a list: there may be thousands. Criteria are short, and tell whether they can be used.
        shown: Shown = {"name": name, "bytes": self._library.size_bytes(kind, name), "mistakes": []}
        if kind == "criteria":
            try:
                shown["criteria"] = len(self._library.criteria(name))
            except UnknownContentError as error:
                shown["mistakes"] = [Mistake(name, str(error)).shown()]
            except InvalidPreset as error:
                shown["mistakes"] = [mistake.shown() for mistake in error.mistakes]
        return shown


def _asked_for(request: Request) -> tuple[str, str]:
    kind: str = request.path_params["kind"]
    if kind not in KINDS:
        raise Problem("not-found", f"the library has {', '.join(KINDS)}; no {kind[:100]!r}")
    return kind, request.path_params["name"]


def _text_mistakes(value: Any) -> list[Mistake]:
    if not isinstance(value, dict):
        return [Mistake("body", 'must be an object: {"text": "..."}')]
    found = [Mistake(str(key)[:100], "unknown key; known here: text") for key in value if key != "text"]
    text = value.get("text")
    if not isinstance(text, str) or not text.strip():
        found.append(Mistake("text", "required: the text itself, not empty"))
    return found
