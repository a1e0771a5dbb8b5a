"""A plan knows every call before the start: how many, with ids that are the same each time."""

import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.executor.core.check_preset import check_preset, planned_calls
from services.executor.core.estimate import estimate
from services.executor.core.names import part
from services.executor.core.overview import overview
from services.executor.core.plan import make_plan, max_requests_total
from tests.executor.configs import a_config, a_judge, a_model, a_preset, no_list

URL_SAFE = re.compile(r"[A-Za-z0-9._~-]{1,200}")

counts = st.integers(1, 4)
names = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="/\\~"), min_size=1, max_size=100)


@given(docs=st.lists(names, min_size=1, max_size=4, unique=True), models=st.lists(names, min_size=1, max_size=4, unique=True),
       judges=counts, iterations=counts, trials=counts, generated=st.booleans())  # fmt: skip
def test_ids_are_unique_and_safe_in_a_url_and_the_counts_are_what_was_promised(
    docs: list[str], models: list[str], judges: int, iterations: int, trials: int, generated: bool
) -> None:
    config: dict[str, Any] = {
        "documents": [{"id": name, "text": "t"} for name in docs],
        "single_eval": {
            "criteria": ["Clarity"],
            "judges": [a_judge(temperature=number / 10) for number in range(judges)],
            "trials": trials,
        },
    }
    if generated:
        makers = [a_model(model=name) for name in models]
        config["generation"] = {"instructions": {"text": "i"}, "models": makers, "iterations": iterations}
    preset = check_preset(config, no_list)
    plan = make_plan(preset)
    calls = plan.calls()
    made = len(docs) * (len(models) * iterations if generated else 1)
    assert plan.planned_calls == len(calls) == (made if generated else 0) + made * judges * trials
    assert sum(planned_calls(preset).values()) == len(calls)
    assert len({call.call_id for call in calls}) == len(calls)
    assert len({(call.phase, call.item_id) for call in calls}) == len(calls)
    assert [call.ordinal for call in calls] == list(range(1, len(calls) + 1))
    assert all(URL_SAFE.fullmatch(call.call_id) and URL_SAFE.fullmatch(call.item_id) for call in calls)
    assert all(len(call.label) <= 200 for call in calls)
    assert make_plan(preset) == plan


@given(st.lists(names, min_size=2, max_size=20, unique=True))
def test_two_texts_never_become_the_same_part_of_an_id(texts: list[str]) -> None:
    assert len({part(text) for text in texts}) == len(texts)


def test_ids_can_be_read() -> None:
    plan = make_plan(a_preset(docs=1, generation={}, single_eval={}))
    assert [call.call_id for call in plan.calls()] == [
        "generate~doc_1~writer.json~1",
        "evaluate~doc_1~writer.json~1~judge.json~1",
    ]


def test_the_same_model_with_other_settings_is_another_generator() -> None:
    plan = make_plan(a_preset(docs=1, generation={"models": [a_model(temperature=0.1), a_model(temperature=0.9)]}))
    assert [call.document for call in plan.generation] == [
        "doc_1~scripted.writer.json~1",
        "doc_1~scripted.writer.json-2~1",
    ]


def test_without_generation_the_documents_themselves_are_judged() -> None:
    plan = make_plan(a_preset(docs=2, single_eval={"trials": 2}))
    assert plan.phases == {"single_eval": 4}
    assert plan.generation == ()
    assert {call.document for call in plan.calls()} == {"doc_1", "doc_2"}


def test_the_ceiling_is_every_attempt_of_every_call_or_the_limit_if_that_is_lower() -> None:
    preset = a_preset(docs=2, single_eval={}, limits={"max_attempts": 4})
    assert max_requests_total(preset, make_plan(preset)) == 8
    preset = a_preset(docs=2, single_eval={}, limits={"max_attempts": 4, "max_requests": 5})
    assert max_requests_total(preset, make_plan(preset)) == 5


PRICED = {"provider": "mylab", "model": "m", "price": {"input_per_mtok": 1.0, "output_per_mtok": 10.0}}


def cost(**parts: Any) -> tuple[float | None, float | None]:
    preset = a_preset(**parts)
    plan = make_plan(preset)
    found = estimate(preset, plan, no_list, max_requests_total=max_requests_total(preset, plan))
    return found.expected_usd, found.worst_usd


def test_the_cost_at_worst_is_above_the_expected_and_unknown_where_no_bound_is_known() -> None:
    expected, worst = cost(generation={"models": [{**PRICED, "max_completion_tokens": 100}]})
    assert expected is not None
    assert worst is not None
    assert 0 < expected < worst
    expected, worst = cost(generation={"models": [PRICED]})
    assert expected is not None
    assert worst is None
    assert cost(generation={"models": [{"provider": "mylab", "model": "m"}]}) == (None, None)
    assert cost() == (0, 0)


def test_a_cost_limit_bounds_the_worst_cost() -> None:
    capped = {**PRICED, "max_completion_tokens": 1000}
    assert cost(generation={"models": [capped]}, limits={"max_cost_usd": 0.001})[1] == 0.001


def shown(environ: dict[str, str], **parts: Any) -> dict[str, Any]:
    preset = a_preset(**parts)
    return overview(preset, make_plan(preset), no_list, environ)


def test_each_missing_variable_is_named_once() -> None:
    models = [
        {"provider": "openai", "model": "a"},
        {"provider": "openai", "model": "b"},
        {"provider": "my-lab", "model": "c"},
        {"provider": "openrouter", "model": "d"},
        {"provider": "local", "model": "smollm2-135m"},
    ]
    found = shown({"OPENROUTER_API_KEY": " "}, generation={"models": models})
    assert found["missing"] == ["OPENAI_API_KEY", "MY_LAB_BASE_URL", "OPENROUTER_API_KEY"]
    environ = {"OPENAI_API_KEY": "k", "MY_LAB_BASE_URL": "http://x", "OPENROUTER_API_KEY": "k"}
    assert shown(environ, generation={"models": models})["missing"] == []


def test_a_budget_below_the_plan_is_a_warning() -> None:
    found = shown({}, docs=4, limits={"max_requests": 3})
    assert any("max_requests 3 is below the plan of 4 calls" in warning for warning in found["warnings"])


def test_an_unknown_price_is_a_warning_and_no_zero() -> None:
    found = shown({}, generation={"models": [{"provider": "mylab", "model": "m"}]})
    assert found["cost_usd"] == {"expected": None, "worst": None}
    assert any("mylab/m" in warning for warning in found["warnings"])


def test_overrides_change_the_plan() -> None:
    assert check_preset(a_config(docs=3), no_list).documents[2].id == "doc_3"
