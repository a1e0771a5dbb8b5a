"""Presets that people make, replace and delete: nothing is kept that no run could be made of."""

from dataclasses import dataclass
from typing import Any

from services.executor.core.presets.entity_tags import version_of
from services.executor.core.presets.kept import PRESET_SUFFIXES, Wish, wrong_name
from services.executor.core.presets.mistakes import InvalidPreset, Mistake
from services.executor.flows.before.content_ports import PresetStore
from services.executor.flows.before.prepare import Prepared, Preparer


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """A preset as it is kept now."""

    name: str
    new: bool
    version: str
    prepared: Prepared


class PresetEditor:
    """Checks what is sent as a run of it would be checked, and keeps it byte for byte."""

    def __init__(self, *, store: PresetStore, preparer: Preparer) -> None:
        self._store = store
        self._preparer = preparer

    def save(self, name: Any, raw: bytes, suffix: str, wish: Wish) -> Saved:
        """Keep these bytes as the preset of this name; a ``name`` in them that says another does not count.

        Raises ``InvalidPreset`` with all mistakes, and as ``PresetStore.keep``.
        """
        wrong = wrong_name(name, PRESET_SUFFIXES) if isinstance(name, str) else "required: what the preset is called"
        if wrong is not None:
            raise InvalidPreset([Mistake("name", wrong)])
        prepared = self._preparer.prepare_from(lambda: self._store.as_kept(name, raw, suffix))
        new = self._store.keep(name, raw, suffix, wish)
        return Saved(name=name, new=new, version=version_of(raw), prepared=prepared)
