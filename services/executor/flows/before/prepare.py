"""From what somebody sent to a preset, its plan and what they should know: nothing is started."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from services.executor.core.planning.overview import overview
from services.executor.core.planning.plan import Plan, make_plan
from services.executor.core.presets.check_preset import PriceOf, check_preset, with_the_rest
from services.executor.core.presets.existing_documents import DOCUMENTS_FROM, LEFT_OUT, Found, source_mistakes
from services.executor.core.presets.merge_patch import merge_patch
from services.executor.core.presets.mistakes import MOST_MISTAKES, InvalidPreset, Mistake
from services.executor.core.presets.preset import Preset
from services.executor.core.presets.providers import SCRIPT_VARIABLE, script_of
from services.executor.errors import UnknownPresetError
from services.executor.flows.ports import PresetSource
from shared.strict_json import dumps

_KEYS = ("preset", "config", "overrides", "run_id", DOCUMENTS_FROM)
_CONTENT = ("preset", "config", "overrides", DOCUMENTS_FROM)


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

    def __init__(
        self,
        *,
        presets: PresetSource,
        price_of: PriceOf,
        environ: Mapping[str, str],
        script_trouble: Callable[[str], str | None] = lambda _name: None,
    ) -> None:
        """``script_trouble`` says why a file cannot be read as a script; left out where no run is started."""
        self._presets = presets
        self._script_trouble = script_trouble
        self._price_of = price_of
        self._environ = environ

    def prepare(self, request: Any, found: Found | None = None) -> Prepared:
        """The preset or config of a request with its overrides; raises ``InvalidPreset`` with all mistakes.

        ``found`` is what the request's ``documents_from`` means.
        """
        asked = _asked(request)
        config, mistakes = self._whole(asked, found)
        prepared = self._checked(config, mistakes, {key: asked[key] for key in _CONTENT if key in asked})
        prepared.overview["warnings"][:0] = self._without_script(prepared.preset)
        if found is not None:
            many = "document is" if len(found.documents) == 1 else "documents are"
            note = f"{len(found.documents)} {many} judged from run {found.run}; generation and combine are left out"
            prepared.overview["warnings"].insert(0, note)
        return prepared

    def _without_script(self, preset: Preset) -> list[str]:
        # No mistake: `acm2 doctor` sends its probe to executors of other machines, too, whose failure tells it enough.
        found = []
        for path, model in preset.models():
            script = script_of(model, self._environ)
            trouble = None if script is None else self._script_trouble(script)
            if trouble is not None:
                where = "" if script == model.model else f" ({SCRIPT_VARIABLE})"
                found.append(
                    f"{path}.model{where}: {trouble}, so its calls will fail; a script is named by its absolute path, "
                    "or relative to where the executor runs"
                )
        return found

    def prepare_from(self, read: Callable[[], dict[str, Any]]) -> Prepared:
        """What ``read`` hands back: a config with all it extends and names in it; raises as ``prepare`` does."""
        config, mistakes = _read(read)
        return self._checked(config, mistakes, None)

    def _checked(self, config: Any, mistakes: list[Mistake], asked: Any) -> Prepared:
        if mistakes:
            raise with_the_rest(InvalidPreset(mistakes, rest=config), self._price_of)
        preset = check_preset(config, self._price_of)
        plan = make_plan(preset)
        return Prepared(
            preset=preset,
            plan=plan,
            overview=overview(preset, plan, self._price_of, self._environ),
            request_sha256=_fingerprint(asked),
        )

    def _whole(self, asked: dict[str, Any], found: Found | None) -> tuple[Any, list[Mistake]]:
        """The config with all it extends and names in it, and what could not be read; only then overrides apply."""
        without = frozenset() if found is None else LEFT_OUT
        overrides = asked.get("overrides") or {}
        # What is replaced altogether is not looked for: it may be the very thing that is missing.
        replaced = frozenset(key for key, value in overrides.items() if not isinstance(value, dict))
        config, mistakes = _read(partial(self._source, asked, found, without | replaced))
        if config is None:
            return None, mistakes
        if overrides:
            config = merge_patch(config, overrides)
            config, more = _read(partial(self._presets.inline, config, without))
            mistakes = mistakes + more
        if found is not None and config is not None:
            config = {**config, "documents": found.documents}
        return config, mistakes

    def _source(self, asked: dict[str, Any], found: Found | None, without: frozenset[str]) -> dict[str, Any]:
        if "preset" in asked:
            return self._named(asked["preset"], without)
        if "config" in asked:
            return self._presets.inline(asked["config"], without)
        return {} if found is None else found.config

    def _named(self, name: Any, without: frozenset[str]) -> dict[str, Any]:
        if not isinstance(name, str):
            raise InvalidPreset([Mistake("preset", "must be the name of a preset")])
        try:
            return self._presets.read(name, without)
        except UnknownPresetError as error:
            raise InvalidPreset([Mistake("preset", str(error))]) from error


def _read(source: Callable[[], dict[str, Any]]) -> tuple[Any, list[Mistake]]:
    """A config and what is wrong with it; the config is None where nothing more of it can be checked."""
    try:
        return source(), []
    except InvalidPreset as error:
        return error.rest, error.mistakes


def _asked(request: Any) -> dict[str, Any]:
    if not isinstance(request, dict):
        raise InvalidPreset([Mistake("body", 'must be an object: {"preset": "demo"} or {"config": {...}}')])
    unknown = [key for key in request if key not in _KEYS][:MOST_MISTAKES]
    mistakes = [Mistake(str(key)[:100], f"unknown key; known here: {', '.join(_KEYS)}") for key in unknown]
    if "preset" in request and "config" in request:
        mistakes.append(Mistake("body", 'needs exactly one of "preset" and "config"'))
    elif not {"preset", "config", DOCUMENTS_FROM} & set(request):
        mistakes.append(Mistake("body", f'needs "preset", "config" or "{DOCUMENTS_FROM}"'))
    if DOCUMENTS_FROM in request:
        mistakes.extend(source_mistakes(request[DOCUMENTS_FROM]))
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
