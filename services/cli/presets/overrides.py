"""``--set key=value`` as a JSON merge patch (RFC 7396). Pure."""

import json
from collections.abc import Iterable
from datetime import date
from typing import Any

import yaml

from services.cli.errors import WrongUsage

Patch = dict[str, Any]


def merge_patch(settings: Iterable[str]) -> Patch:
    """The patch these settings spell; raises ``WrongUsage`` naming the one that cannot be read."""
    patch: Patch = {}
    for setting in settings:
        key, equals, text = setting.partition("=")
        names = key.split(".")
        if not equals or not all(names):
            raise WrongUsage(f"--set {setting}: must be KEY=VALUE, like limits.max_cost_usd=2")
        _put(patch, names, _value(setting, text), setting)
    return patch


def _put(patch: Patch, names: list[str], value: Any, setting: str) -> None:
    place = patch
    for name in names[:-1]:
        place = place.setdefault(name, {})
        if not isinstance(place, dict):
            raise WrongUsage(f"--set {setting}: {name} was set to a value of its own before")
    if isinstance(place.get(names[-1]), dict) and not isinstance(value, dict):
        raise WrongUsage(f"--set {setting}: parts of {names[-1]} were set before")
    place[names[-1]] = value


def _value(setting: str, text: str) -> Any:
    try:
        # JSON first: YAML 1.1 reads 1e3 as text.
        return json.loads(text)
    except ValueError:
        pass
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise WrongUsage(f"--set {setting}: the value is no YAML; put it in quotes") from error
    return text if isinstance(value, date) else value
