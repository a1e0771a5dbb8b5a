"""A plan knows every call before the start: how many, with ids that are the same each time."""

import re
from collections import Counter
from math import comb
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.executor.core.planning.estimate import estimate
from services.executor.core.planning.overview import overview
from services.executor.core.planning.plan import make_plan, max_requests_total
from services.executor.core.presets.check_preset import check_preset, planned_calls
from services.executor.core.presets.id_part import part
from tests.executor.comparing import five_phases
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


@given(docs=st.lists(names, min_size=1, max_size=3, unique=True), models=st.lists(names, min_size=2, max_size=4, unique=True),
       judges=st.lists(names, min_size=1, max_size=3, unique=True), trials=st.integers(1, 2),
       top_n=st.none() | st.integers(2, 5), combiners=st.integers(1, 3), seed=st.integers(0, 9))  # fmt: skip
def test_comparisons_and_combinations_are_counted_and_named_before_the_start(
    docs: list[str], models: list[str], judges: list[str], trials: int, top_n: int | None, combiners: int, seed: int
) -> None:
    critics = [a_judge(model=name) for name in judges]
    parts = a_config(
        generation={"models": [a_model(model=name) for name in models]},
        single_eval={"judges": critics, "trials": trials},
        pairwise_eval={"judges": critics, "trials": trials, "top_n": top_n},
        combine={
            "models": [a_model(temperature=number / 10) for number in range(combiners)],
            "instructions": {"text": "c"},
        },
    )
    preset = check_preset({**parts, "documents": [{"id": name, "text": "t"} for name in docs], "seed": seed}, no_list)
    plan, each = make_plan(preset), len(judges) * trials * 2
    compared = min(len(models), top_n or len(models))
    assert plan.phases == {
        "generation": len(docs) * len(models),
        "single_eval": len(docs) * len(models) * len(judges) * trials,
        "pairwise_eval": len(docs) * comb(compared, 2) * each,
        "combine": len(docs) * combiners,
        "post_combine_eval": len(docs) * comb(2 + combiners, 2) * each,
    }
    calls = plan.calls()
    assert Counter(call.phase for call in calls) == plan.phases
    assert [call.ordinal for call in calls] == list(range(1, len(calls) + 1))
    assert len({call.call_id for call in calls}) == len({call.item_id for call in calls if call.order}) + sum(
        call.order is None for call in calls
    )
    assert all(URL_SAFE.fullmatch(call.call_id) and URL_SAFE.fullmatch(call.item_id) for call in calls)
    made = [item.document for item in (*plan.documents, *plan.combined)]
    assert len(set(made)) == len(made)
    asked = Counter(call.call_id.rpartition("~")[0] for call in calls if call.order)
    assert set(asked.values()) == {2}
    other = make_plan(preset.model_copy(update={"seed": seed + 1}))
    assert {call.call_id for call in other.calls()} == {call.call_id for call in calls}


def test_the_seed_decides_which_order_of_a_pair_is_asked_first() -> None:
    def first(seed: int) -> list[str | None]:
        plan = make_plan(a_preset(docs=3, **five_phases(), seed=seed))
        return [pairing.calls[0].order for item in plan.inputs for pairing in item.pairwise]

    assert first(1) == first(1)
    assert first(1) != first(2)
    assert set(first(1)) == {"ab", "ba"}


def test_ids_of_comparisons_and_combinations_can_be_read() -> None:
    plan = make_plan(a_preset(docs=1, **five_phases(models=3, judges=1, top_n=2)))
    ids = sorted(call.call_id for call in plan.calls() if call.phase not in ("generation", "single_eval"))
    assert ids[:3] == [
        "combine~doc_1~combined-writer.json",
        "compare~doc_1~combined~1-2~judge.json~1~ab",
        "compare~doc_1~combined~1-2~judge.json~1~ba",
    ]
    assert ids[-2:] == ["compare~doc_1~top1-2~judge.json~1~ab", "compare~doc_1~top1-2~judge.json~1~ba"]


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


def test_comparisons_and_combinations_cost_too_and_a_research_has_its_own_ceiling() -> None:
    capped = {**PRICED, "max_completion_tokens": 100}
    parts: dict[str, Any] = {
        "generation": {"models": [{**capped, "temperature": 0.1}, capped]},
        "single_eval": {"judges": [capped]},
        "pairwise_eval": {"judges": [capped]},
    }
    expected, worst = cost(**parts)
    combine = {"models": [capped], "instructions": {"text": "Combine."}}
    more_expected, more_worst = cost(**parts, combine=combine)
    assert expected is not None
    assert worst is not None
    assert more_expected is not None
    assert more_worst is not None
    assert expected < worst
    assert 2 * expected < more_expected < more_worst
    assert cost(**parts, combine={**combine, "models": [PRICED]})[1] is None
    researcher = {"provider": "mylab", "model": "m", "kind": "gpt_researcher", "max_requests": 40}
    preset = a_preset(docs=2, generation={"models": [researcher, {"provider": "mylab", "model": "m"}]})
    assert max_requests_total(preset, make_plan(preset)) == 2 * 40 + 2 * 3


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


def test_a_scripted_answer_comes_at_once_and_no_plan_takes_no_time() -> None:
    one, many = (shown({}, docs=docs)["duration_s"] for docs in (1, 1000))
    assert (one, many) == (0.1, 2.5)


def test_an_unknown_price_is_a_warning_and_no_zero() -> None:
    found = shown({}, generation={"models": [{"provider": "mylab", "model": "m"}]})
    assert found["cost_usd"] == {"expected": None, "worst": None}
    assert any("mylab/m" in warning for warning in found["warnings"])


def test_what_is_compared_with_nothing_and_a_limit_of_no_phase_are_warnings() -> None:
    answers = [{"id": name, "text": "t", "input": group} for name, group in (("1", "x"), ("2", "x"), ("3", "y"))]
    config = a_config(pairwise_eval={"judges": [a_judge()]}, single_eval={}, limits={"phase_timeout_s": {"combine": 5}})
    preset = check_preset({**config, "documents": answers}, no_list)
    warnings = overview(preset, make_plan(preset), no_list, {})["warnings"]
    assert any("'y' has one document only" in warning for warning in warnings)
    assert any("phase_timeout_s.combine limits a phase that is not planned" in warning for warning in warnings)


def test_overrides_change_the_plan() -> None:
    assert check_preset(a_config(docs=3), no_list).documents[2].id == "doc_3"
