"""YAML as we take it: the JSON values, nothing else. A word is a word unless it is true, false or null.

YAML 1.1, which PyYAML speaks, makes ``no`` a boolean, ``1:30`` ninety and ``2026-01-01`` a date; a preset means none of
that. Repeated keys and references that blow up are refused.
"""

import math
import re
from typing import Any

import yaml

from shared.limits import MAX_JSON_DEPTH

MAX_NODES = 500_000
_SURROGATE = re.compile("[\ud800-\udfff]")
_RESOLVERS = (
    ("tag:yaml.org,2002:bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("tag:yaml.org,2002:null", r"~|null|Null|NULL|", "~nN"),
    ("tag:yaml.org,2002:int", r"[-+]?[0-9]{1,18}", "-+0123456789"),
    ("tag:yaml.org,2002:float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", "-+0123456789."),
)


class NotYaml(ValueError):
    """The text is not YAML as we take it; the message says why and where."""


# The parser in C reads a document of some megabytes in a blink; without it everything works, slowly.
_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Base):  # type: ignore[misc]  # chosen when the module is loaded
    """SafeLoader with our words for values, and none for dates."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012  (PyYAML's own way)

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:  # noqa: ARG002, FBT001, FBT002  (as PyYAML)
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(None, None, "a key must be text", key.start_mark)
            if key.value in seen:
                problem = f"the key {key.value[:60]!r} stands twice"
                raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
            seen.add(key.value)
        return {str(key.value): self.construct_object(value, deep=True) for key, value in node.value}


for _tag, _pattern, _first in _RESOLVERS:
    _Loader.add_implicit_resolver(_tag, re.compile(rf"^(?:{_pattern})$"), [*_first, ""])
_Loader.add_constructor("tag:yaml.org,2002:int", lambda _loader, node: int(node.value))
_Loader.add_constructor("tag:yaml.org,2002:float", lambda _loader, node: float(node.value))
_Loader.add_constructor("tag:yaml.org,2002:map", _Loader.construct_mapping)
for _tag in ("binary", "omap", "pairs", "set", "timestamp"):
    # What JSON has no word for is refused like any tag nobody knows.
    _Loader.add_constructor(f"tag:yaml.org,2002:{_tag}", _Loader.construct_undefined)


def read_yaml(raw: bytes) -> Any:
    """The value the text spells; raises ``NotYaml``."""
    try:
        text = raw.decode("utf-8-sig")
        _check_depth(text)
        value = yaml.load(text, Loader=_Loader)
    except NotYaml:
        raise
    except UnicodeDecodeError as error:
        raise NotYaml(f"not UTF-8 at byte {error.start}") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f" at line {mark.line + 1} column {mark.column + 1}" if mark else ""
        raise NotYaml(f"{error.problem or 'not YAML'}{where}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise NotYaml(f"not YAML: {type(error).__name__}") from error
    _count(value, 0, 0)
    return value


def _check_depth(text: str) -> None:
    """Look before building: the parser in C recurses without a bound, and its stack ends the process."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_JSON_DEPTH:
                raise NotYaml(f"nested deeper than {MAX_JSON_DEPTH}")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _count(value: Any, depth: int, nodes: int) -> int:
    """How many values there are, each reference counted where it stands; raises when that is too much."""
    nodes += 1
    if depth > MAX_JSON_DEPTH:
        raise NotYaml(f"nested deeper than {MAX_JSON_DEPTH}")
    if nodes > MAX_NODES:
        raise NotYaml(f"more than {MAX_NODES} values, references counted where they stand")
    if isinstance(value, float) and not math.isfinite(value):
        raise NotYaml("a number beyond a double")
    if isinstance(value, str) and _SURROGATE.search(value):
        raise NotYaml("a string holds half a character (a lone surrogate)")
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        nodes = _count(item, depth + 1, nodes)
    return nodes
