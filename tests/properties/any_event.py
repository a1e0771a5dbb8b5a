"""Any event the contract lets in, made from the declared shapes themselves: a new type or field is tested unasked.

Names that tie events together are drawn from a few, so that events are about the same calls, alerts and models.
"""

from collections.abc import Callable
from typing import Any

import msgspec
from hypothesis import strategies as st
from msgspec import inspect

from shared.events import DATA, check
from shared.stored import format_time

START_MS = 1_795_341_600_000
FEW: dict[str, st.SearchStrategy[Any]] = {
    "call_id": st.sampled_from(["a", "b", "c"]),
    "alert_id": st.sampled_from(["x", "y"]),
    "provider": st.sampled_from(["p", "q", None]),
    "model": st.sampled_from(["m", "ñ", None]),
    "attempt": st.integers(1, 4),
    "attempts": st.integers(0, 4) | st.none(),
    "planned_calls": st.integers(0, 9) | st.none(),
    "max_requests_total": st.integers(0, 9) | st.none(),
    "digest": st.none(),
    "reason": st.sampled_from(["asked", "full"]),
}
"""``reason`` stands for itself in a ``client_report`` and elsewhere: text in both."""
JSON = st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=3)

Event = tuple[int, str, str, int, dict[str, Any]]


def of_type(shape: inspect.Type) -> st.SearchStrategy[Any]:
    """Values a declared type lets in."""
    made = _MAKERS.get(type(shape))
    assert made is not None, f"no values are known for {shape}"
    return made(shape)


def _struct(shape: Any) -> st.SearchStrategy[dict[str, Any]]:
    needed = {field.name: _field(field) for field in shape.fields if field.required}
    other = {field.name: _field(field) for field in shape.fields if not field.required}
    return st.fixed_dictionaries(needed, optional=other)


def _field(field: inspect.Field) -> st.SearchStrategy[Any]:
    few = FEW.get(field.encode_name)
    if few is None:
        return of_type(field.type)
    takes_none = isinstance(field.type, inspect.UnionType) and field.type.includes_none
    return few if takes_none else few.filter(lambda value: value is not None)


def _floats(shape: Any) -> st.SearchStrategy[float]:
    whole = st.integers(int(shape.ge or 0), int(min(shape.le or 100, 100)))
    return whole | st.floats(shape.ge, shape.le, allow_nan=False, allow_infinity=False)


_MAKERS: dict[type[inspect.Type], Callable[[Any], st.SearchStrategy[Any]]] = {
    inspect.StructType: _struct,
    inspect.UnionType: lambda shape: st.one_of([of_type(one) for one in shape.types]),
    inspect.NoneType: lambda _: st.none(),
    inspect.BoolType: lambda _: st.booleans(),
    inspect.IntType: lambda shape: st.integers(shape.ge or 0, min(shape.le or 9, 9)) | st.just(shape.le or 9),
    inspect.FloatType: _floats,
    inspect.StrType: lambda shape: st.text(min_size=shape.min_length or 0, max_size=4),
    inspect.LiteralType: lambda shape: st.sampled_from(shape.values),
    inspect.EnumType: lambda shape: st.sampled_from([one.value for one in shape.cls]),
    inspect.ListType: lambda shape: st.lists(of_type(shape.item_type), max_size=3),
    inspect.DictType: lambda shape: st.dictionaries(st.text(max_size=2), of_type(shape.value_type), max_size=2),
    inspect.AnyType: lambda _: JSON,
}

SHAPES: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    **{name: of_type(inspect.type_info(shape)) for name, shape in DATA.items()},
    "myapp.step": st.dictionaries(st.text(max_size=3), JSON, max_size=2),
}


@st.composite
def logs(draw: st.DrawFn, *, most: int = 40) -> list[Event]:
    """A log of any events at all, also one no sane producer would send, with times that jump."""
    events: list[Event] = []
    for seq, type_ in enumerate(draw(st.lists(st.sampled_from(sorted(SHAPES)), min_size=1, max_size=most)), 1):
        data = draw(SHAPES[type_])
        check(type_, data)
        ms = START_MS + draw(st.integers(-60_000, 600_000))
        events.append((seq, type_, format_time(ms), ms, msgspec.json.decode(msgspec.json.encode(data))))
    return events
