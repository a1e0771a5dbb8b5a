"""From what somebody sent to a preset, its plan and what they should know: nothing is started."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.executor.core.check_preset import PriceOf, check_preset, with_the_rest
from services.executor.core.merge_patch import merge_patch
from services.executor.core.mistakes import MOST_MISTAKES, InvalidPreset, Mistake
from services.executor.core.overview import overview
from services.executor.core.plan import Plan, make_plan
from services.executor.core.preset import Preset
from services.executor.errors import UnknownPresetError
from services.executor.flows.ports import PresetSource
from shared.strict_json import dumps

_KEYS = ("preset", "config", "overrides", "run_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A run that could be started."""

    preset: Preset
    plan: Plan
    overview: dict[str, Any]
    request_sha256: str
    """Of what was asked, whatever the order of its keys."""

    @property
    def missing(self) -> list[str]:
        """Environment variables without which it cannot be started."""
        missing: list[str] = self.overview["missing"]
        return missing


class Preparer:
    """Prepares runs from presets and configs."""

    def __init__(self, *, presets: PresetSource, price_of: PriceOf, environ: Mapping[str, str]) -> None:
        self._presets = presets
        self._price_of = price_of
        self._environ = environ

    def prepare(self, request: Any) -> Prepared:
        """The preset or config of a request with its overrides; raises ``InvalidPreset`` with all mistakes."""
        asked = _asked(request)
        config = self._named(asked["preset"]) if "preset" in asked else asked["config"]
        config = merge_patch(config, asked.get("overrides") or {})
        try:
            inlined = self._presets.inline(config)
        except InvalidPreset as error:
            raise with_the_rest(error, self._price_of) from error
        preset = check_preset(inlined, self._price_of)
        plan = make_plan(preset)
        return Prepared(
            preset=preset,
            plan=plan,
            overview=overview(preset, plan, self._price_of, self._environ),
            request_sha256=_fingerprint({key: asked[key] for key in ("preset", "config", "overrides") if key in asked}),
        )

    def _named(self, name: Any) -> dict[str, Any]:
        if not isinstance(name, str):
            raise InvalidPreset([Mistake("preset", "must be the name of a preset")])
        try:
            return self._presets.read(name)
        except UnknownPresetError as error:
            raise InvalidPreset([Mistake("preset", str(error))]) from error


def _asked(request: Any) -> dict[str, Any]:
    if not isinstance(request, dict):
        raise InvalidPreset([Mistake("body", 'must be an object: {"preset": "demo"} or {"config": {...}}')])
    unknown = [key for key in request if key not in _KEYS][:MOST_MISTAKES]
    mistakes = [Mistake(str(key)[:100], f"unknown key; known here: {', '.join(_KEYS)}") for key in unknown]
    if ("preset" in request) == ("config" in request):
        mistakes.append(Mistake("body", 'needs exactly one of "preset" and "config"'))
    mistakes.extend(
        Mistake(key, "must be an object")
        for key in ("config", "overrides")
        if key in request and not isinstance(request[key], dict)
    )
    if mistakes:
        raise InvalidPreset(mistakes)
    return request


def _fingerprint(value: Any) -> str:
    return hashlib.sha256(dumps(_sorted(value))).hexdigest()


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    if isinstance(value, list):
        return [_sorted(item) for item in value]
    return value
