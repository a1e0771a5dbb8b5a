"""``--set`` as it is typed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.cli.errors import WrongUsage
from services.cli.presets.overrides import merge_patch


def test_values_are_what_they_look_like() -> None:
    patch = merge_patch(
        [
            "limits.max_cost_usd=2",
            "limits.retry_share=1e-1",
            "single_eval.trials=3",
            "name=two words",
            "generation=null",
        ]
    )
    assert patch == {
        "limits": {"max_cost_usd": 2, "retry_share": 0.1},
        "single_eval": {"trials": 3},
        "name": "two words",
        "generation": None,
    }


def test_lists_and_objects_replace_and_merge() -> None:
    assert merge_patch(["documents=[a.md, b.md]", "limits={concurrency: 2}", "limits.max_attempts=1"]) == {
        "documents": ["a.md", "b.md"],
        "limits": {"concurrency": 2, "max_attempts": 1},
    }


def test_a_date_stays_text() -> None:
    assert merge_patch(["name=2026-11-22"]) == {"name": "2026-11-22"}


@pytest.mark.parametrize("setting", ["limits", "=2", "limits.=2", "limits..x=2", "name=[1", "name={"])
def test_what_cannot_be_read_is_named(setting: str) -> None:
    with pytest.raises(WrongUsage) as caught:
        merge_patch([setting])
    assert setting in str(caught.value)


@pytest.mark.parametrize("settings", [["limits=3", "limits.x=2"], ["limits.x=2", "limits=3"]])
def test_a_value_and_its_parts_do_not_go_together(settings: list[str]) -> None:
    with pytest.raises(WrongUsage, match="before"):
        merge_patch(settings)


@given(
    st.text(alphabet="abc", min_size=1),
    st.integers() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False),
)
def test_any_plain_value_comes_through(key: str, value: float) -> None:
    assert merge_patch([f"{key}={str(value).lower()}"]) == {key: value}
