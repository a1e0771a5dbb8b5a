"""Presets over HTTP."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from services.executor.core.mistakes import InvalidPreset
from services.executor.errors import UnknownPresetError
from services.executor.flows.ports import PresetSource
from services.executor.flows.prepare import Preparer
from services.executor.web.answers import json_answer
from services.process.problem import Problem


class PresetRoutes:
    """The routes about presets; their files are read anew each time."""

    def __init__(self, *, presets: PresetSource, preparer: Preparer) -> None:
        self._presets = presets
        self._preparer = preparer

    async def list(self, _request: Request) -> Response:
        """GET /presets: each with its plan, or with what is wrong with it."""
        return json_answer({"presets": [self._brief(name) for name in self._presets.names()]})

    async def show(self, request: Request) -> Response:
        """GET /presets/{name}: the preset itself with its files inlined, as POST /runs takes a config."""
        name: str = request.path_params["name"]
        try:
            return json_answer(self._presets.read(name))
        except UnknownPresetError as error:
            raise Problem("not-found", str(error)) from error

    def _brief(self, name: str) -> dict[str, Any]:
        shown: dict[str, Any] = {"name": name, "built_in": self._presets.is_built_in(name)}
        try:
            prepared = self._preparer.prepare({"preset": name})
        except InvalidPreset as error:
            return {**shown, "description": "", "mistakes": [mistake.shown() for mistake in error.mistakes]}
        plan = prepared.overview
        return {
            **shown,
            "description": prepared.preset.description,
            "planned_calls": plan["planned_calls"],
            "phases": plan["phases"],
            "missing": plan["missing"],
            "mistakes": [],
        }
