"""``--set key=value`` as a JSON merge patch (RFC 7396). Pure.

A merge patch cannot change one item of a list. Such a change is kept under the item's number (``{"models": {0: {...}}}``)
until the list it is about is known: ``with_lists``.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import yaml

from services.cli.errors import WrongUsage
from services.cli.presets.setting_paths import Path, UnknownSettingError, place_of

Patch = dict[str, Any]


def merge_patch(settings: Iterable[str], schema: Mapping[str, Any] | None = None) -> Patch:
    """The patch these settings spell; raises ``WrongUsage`` naming the one that cannot be read.

    With the ``schema`` of what is changed, a setting it does not have is refused, and list items can be named.
    """
    patch: dict[Any, Any] = {}
    for setting in settings:
        key, equals, text = setting.partition("=")
        names: Path = tuple(key.split("."))
        if not equals or not all(names):
            raise WrongUsage(f"--set {setting}: must be KEY=VALUE, like limits.max_cost_usd=2")
        is_text = False
        if schema is not None:
            try:
                place = place_of(key, schema)
            except UnknownSettingError as error:
                raise WrongUsage(f"--set {setting}: {error}") from error
            names, is_text = place.path, place.is_text
        _put(patch, names, _value(setting, text, is_text=is_text), setting)
    return patch


def names_items(patch: Any) -> bool:
    """Whether single items of lists are changed, so that the lists must be known."""
    if not isinstance(patch, dict):
        return False
    return any(isinstance(key, int) or names_items(value) for key, value in patch.items())


def with_lists(patch: Patch, base: Any, where: str = "") -> Patch:
    """The patch with each list of ``base`` whose items it changes put in whole; raises ``WrongUsage`` for no such item."""
    found: Patch = {}
    for key, value in patch.items():
        path = f"{where}.{key}" if where else key
        below = base.get(key) if isinstance(base, Mapping) else None
        if isinstance(value, dict) and any(isinstance(name, int) for name in value):
            found[key] = _list(value, below, path)
        elif isinstance(value, dict):
            found[key] = with_lists(value, below, path)
        else:
            found[key] = value
    return found


def _list(changes: dict[Any, Any], base: Any, path: str) -> list[Any]:
    items = list(base) if isinstance(base, list) else []
    for index, change in changes.items():
        if not isinstance(index, int) or index >= len(items):
            has = f"it has {len(items)}, counted from 0" if items else "the preset has no such list"
            raise WrongUsage(f"--set {path}.{index}: there is no such item; {has}")
        items[index] = _changed(items[index], change, f"{path}.{index}")
    return items


def _changed(item: Any, change: Any, path: str) -> Any:
    if not isinstance(change, dict):
        return change
    patch = with_lists(change, item, path)
    kept = dict(item) if isinstance(item, Mapping) else {}
    for key, value in patch.items():
        if value is None:
            kept.pop(key, None)
        else:
            kept[key] = _changed(kept.get(key), value, f"{path}.{key}")
    return kept


def _put(patch: dict[Any, Any], names: Path, value: Any, setting: str) -> None:
    place = patch
    for name in names[:-1]:
        place = place.setdefault(name, {})
        if not isinstance(place, dict):
            raise WrongUsage(f"--set {setting}: {name} was set to a value of its own before")
    if isinstance(place.get(names[-1]), dict) and not isinstance(value, dict):
        raise WrongUsage(f"--set {setting}: parts of {names[-1]} were set before")
    place[names[-1]] = value


def _value(setting: str, text: str, *, is_text: bool = False) -> Any:
    try:
        # JSON first: YAML 1.1 reads 1e3 as text.
        value = json.loads(text)
    except ValueError:
        if is_text:
            return text
        value = _yaml(setting, text)
    return text if is_text and not isinstance(value, str | None) else value


def _yaml(setting: str, text: str) -> Any:
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise WrongUsage(f"--set {setting}: the value is no YAML; put it in quotes") from error
    return text if isinstance(value, date) else value
