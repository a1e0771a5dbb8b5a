"""A list of criteria as a file or the library holds it: the list itself, or ``{criteria: [...]}``."""

from typing import Any

from pydantic import TypeAdapter, ValidationError

from services.executor.core.presets.mistakes import Mistake, mistakes_of
from services.executor.core.presets.preset import SingleEval

_WANTED = "must be a list of criteria, or an object with such a list under criteria"
_LIST: TypeAdapter[Any] = TypeAdapter(SingleEval.model_fields["criteria"].rebuild_annotation())


def criteria_in(value: Any) -> Any:
    """The list in what a criteria file holds, unchecked; what is no list is handed back for the checks to refuse."""
    return value["criteria"] if isinstance(value, dict) and set(value) == {"criteria"} else value


def criteria_mistakes(value: Any) -> list[Mistake]:
    """Everything that is wrong with a criteria file's value."""
    found = criteria_in(value)
    if not isinstance(found, list):
        return [Mistake("criteria", _WANTED)]
    try:
        _LIST.validate_python(found)
    except ValidationError as error:
        return mistakes_of(error, below=("criteria",))
    names: dict[str, int] = {}
    mistakes = []
    for index, item in enumerate(found):
        name = (item if isinstance(item, str) else item["name"]).strip().casefold()
        first = names.setdefault(name, index)
        if first != index:
            mistakes.append(Mistake(f"criteria[{index}].name", f"is the name of criteria[{first}] already"))
    return mistakes
