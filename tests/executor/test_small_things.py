"""Merge patch, YAML, prices."""

from typing import Any

import pytest

from services.executor.adapters.pricing.prices import PriceList
from services.executor.core.presets.merge_patch import merge_patch
from services.executor.core.presets.preset import Model
from services.executor.core.presets.prices import ModelPrice, Rate
from services.executor.core.presets.yaml_text import NotYaml, read_yaml


@pytest.mark.parametrize(
    ("target", "patch", "merged"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a"], {"a": 1}, {"a": 1}),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_overrides_are_the_merge_patch_of_the_standard(target: Any, patch: Any, merged: Any) -> None:
    assert merge_patch(target, patch) == merged


def test_a_word_in_yaml_is_a_word() -> None:
    text = b"a: no\nb: 1:30\nc: 2026-01-01\nd: [1, 1.5, true, null, 1e3, 0x10]\n1: x\n"
    assert read_yaml(text) == {
        "a": "no",
        "b": "1:30",
        "c": "2026-01-01",
        "d": [1, 1.5, True, None, 1000.0, "0x10"],
        "1": "x",
    }


BOMB = b"a: &a [x,x,x,x,x,x,x,x,x,x]\n" + b"".join(
    b"%c: &%c [%s]\n" % (new, new, b",".join([b"*%c" % old] * 10))
    for old, new in zip(b"abcdefg", b"bcdefgh", strict=True)
)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"a: 1\na: 2", "stands twice"),
        (b"\xff", "not UTF-8"),
        (b"a: [", "at line"),
        (b"a: !!python/object/apply:os.system [x]", "constructor"),
        (b"a: &a [*a]", "recursive"),
        (b"a: 1e999", "beyond a double"),
        (BOMB, "values"),
        (b"[" * 100_000, "nested deeper"),
        (b"- " * 100_000, "nested deeper"),
        (b"a: 1\n---\nb: 2", "another document"),
    ],
)
def test_yaml_that_is_none_or_blows_up_is_refused_with_a_reason(text: bytes, why: str) -> None:
    with pytest.raises(NotYaml, match=why):
        read_yaml(text)


def test_a_tier_holds_for_all_tokens_of_the_request() -> None:
    price = ModelPrice(Rate(1_000_000_000, ((1000, 2_000_000_000),)), Rate(0))
    assert price.cost_nano(1000, 0) == 1_000_000
    assert price.cost_nano(1001, 0) == 2_002_000


def test_prices_come_from_the_preset_then_from_the_list_and_are_else_unknown() -> None:
    prices = PriceList()
    listed = prices.price_of(Model(provider="openai", model="gpt-4o-mini"))
    assert listed is not None
    assert listed.cost_nano(1_000_000, 1_000_000) == 750_000_000
    assert prices.price_of(Model(provider="mylab", model="gpt-4o-mini")) is None
    local = prices.price_of(Model(provider="local", model="smollm2-135m"))
    assert local is not None
    assert local.is_free
