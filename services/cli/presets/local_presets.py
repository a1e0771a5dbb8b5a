"""The presets an executor started from here would have, with what is missing for each."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from services.cli.presets.own_prices import own_prices
from services.executor.adapters.content.library import Library
from services.executor.adapters.content.presets import PresetFolders
from services.executor.core.presets.mistakes import InvalidPreset
from services.executor.flows.before.prepare import Preparer
from services.process.settings import default_data_dir

Json = dict[str, Any]


def local_presets(environ: Mapping[str, str]) -> list[Json]:
    """Each preset as ``{name, missing, mistakes}``; your own first, then those that ship with the program."""
    data = Path(environ.get("ACM2_DATA_DIR") or default_data_dir())
    documents = environ.get("ACM2_DOCUMENTS_DIR")
    folders = PresetFolders(
        Path(environ.get("ACM2_PRESETS_DIR") or data / "presets"),
        Path(documents) if documents else None,
        Library(Path(environ.get("ACM2_LIBRARY_DIR") or data / "library")),
    )
    preparer = Preparer(presets=folders, price_of=own_prices(environ).price_of, environ=environ)
    return [_seen(name, preparer) for name in folders.names()]


def _seen(name: str, preparer: Preparer) -> Json:
    try:
        prepared = preparer.prepare({"preset": name})
    except InvalidPreset as error:
        return {"name": name, "missing": [], "mistakes": [mistake.shown() for mistake in error.mistakes]}
    return {"name": name, "missing": prepared.missing, "mistakes": []}
