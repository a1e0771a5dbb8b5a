"""The presets an executor started from here would have, with what is missing for each."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from services.executor.adapters.presets import PresetFolders
from services.executor.adapters.prices import PriceList
from services.executor.core.mistakes import InvalidPreset
from services.executor.flows.prepare import Preparer

Json = dict[str, Any]


def local_presets(environ: Mapping[str, str]) -> list[Json]:
    """Each preset as ``{name, missing, mistakes}``; your own first, then those that ship with the program."""
    own = environ.get("ACM2_PRESETS_DIR")
    folders = PresetFolders(Path(own) if own else None, None)
    preparer = Preparer(presets=folders, price_of=PriceList().price_of, environ=environ)
    return [_seen(name, preparer) for name in folders.names()]


def _seen(name: str, preparer: Preparer) -> Json:
    try:
        prepared = preparer.prepare({"preset": name})
    except InvalidPreset as error:
        return {"name": name, "missing": [], "mistakes": [mistake.shown() for mistake in error.mistakes]}
    return {"name": name, "missing": prepared.missing, "mistakes": []}
