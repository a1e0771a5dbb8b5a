"""A wrong preset gets all its mistakes at once, each with the place and what would be right."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.executor.core.presets.check_preset import check_preset
from services.executor.core.presets.id_part import part
from services.executor.core.presets.mistakes import InvalidPreset
from services.executor.core.presets.new_limits import with_limits
from tests.executor.configs import a_config, a_judge, a_model, a_preset, documents, no_list


def mistakes(config: Any) -> dict[str, str]:
    with pytest.raises(InvalidPreset) as caught:
        check_preset(config, no_list)
    return {mistake.path: mistake.message for mistake in caught.value.mistakes}


def test_a_whole_preset_is_taken_with_the_defaults_of_the_contract() -> None:
    preset = a_preset(generation={}, single_eval={})
    assert preset.limits.concurrency == 8
    assert preset.limits.max_attempts == 3
    assert preset.limits.attempt_timeout_s == 600
    assert preset.limits.call_timeout_s == 1800
    assert preset.limits.identical_failures == 5
    assert preset.limits.retry_share == 0.5
    assert preset.limits.max_requests is None


def test_every_mistake_is_named_at_once_with_a_path_people_understand() -> None:
    config = a_config(
        generation={"models": [a_model(temperature=9, temprature=1)], "iterations": "3", "min_bytes": 4000},
        single_eval={"judges": [a_judge(json="xml")], "criteria": []},
        limits={"concurency": 3, "max_cost_usd": -1},
        documets=[],
    )
    config["generation"]["models"].append(a_model(max_completion_tokens=10))
    found = mistakes(config)
    assert found["generation.models[0].temperature"] == "must be less than or equal to 2"
    assert found["generation.models[0].temprature"] == "unknown key; did you mean temperature?"
    assert found["limits.concurency"] == "unknown key; did you mean concurrency?"
    assert found["documets"] == "unknown key; did you mean documents?"
    assert {"generation.iterations", "single_eval.judges[0].json", "single_eval.criteria"} <= set(found)
    assert "limits.max_cost_usd" in found


def test_mistakes_between_settings_are_named_beside_those_of_shape() -> None:
    found = mistakes(a_config(generation={"models": [a_model(max_completion_tokens=10, foo=1)], "min_bytes": 4000}))
    assert set(found) == {"generation.models[0].foo", "generation.min_bytes"}


def test_a_size_the_token_cap_cannot_reach_is_refused_and_one_it_can_is_not() -> None:
    assert "generation.min_bytes" in mistakes(
        a_config(generation={"models": [a_model(max_completion_tokens=100)], "min_bytes": 3072})
    )
    a_preset(generation={"models": [a_model(max_completion_tokens=400)], "min_bytes": 3072})
    a_preset(generation={"models": [a_model()], "min_bytes": 3072})


def test_a_cost_limit_needs_a_price_and_a_cap_for_every_model() -> None:
    lab = {"provider": "mylab", "model": "m"}
    found = mistakes(
        a_config(
            generation={"models": [lab]},
            single_eval={"judges": [{**lab, "max_completion_tokens": 5}]},
            limits={"max_cost_usd": 1},
        )
    )
    assert set(found) == {
        "generation.models[0].price",
        "generation.models[0].max_completion_tokens",
        "single_eval.judges[0].price",
    }
    price = {"input_per_mtok": 1, "output_per_mtok": 2}
    a_preset(generation={"models": [{**lab, "price": price, "max_completion_tokens": 5}]}, limits={"max_cost_usd": 1})


def test_combine_needs_a_comparison_and_the_best_by_score_need_scores() -> None:
    combine = {"models": [a_model()], "instructions": {"text": "Combine."}}
    assert set(mistakes(a_config(combine=combine))) == {"combine"}
    two = {"models": [a_model(), a_model(temperature=1)]}
    found = mistakes(a_config(generation=two, pairwise_eval={"judges": [a_judge()], "top_n": 2}))
    assert set(found) == {"pairwise_eval.top_n"}
    a_preset(generation=two, pairwise_eval={"judges": [a_judge()]}, combine=combine)
    a_preset(generation=two, single_eval={}, pairwise_eval={"judges": [a_judge()], "top_n": 2})


def test_a_comparison_needs_two_documents_of_one_input() -> None:
    pairwise = {"judges": [a_judge()]}
    assert "nothing to compare" in mistakes(a_config(docs=3, pairwise_eval=pairwise))["pairwise_eval"]
    assert "nothing to compare" in mistakes({"documents": documents(3), "pairwise_eval": pairwise})["pairwise_eval"]
    a_preset(generation={"iterations": 2}, pairwise_eval=pairwise)
    answers = [{**document, "input": "task"} for document in documents(2)]
    check_preset({"documents": answers, "pairwise_eval": pairwise}, no_list)


def test_answers_that_are_there_already_have_no_place_beside_generation() -> None:
    made_by = {"provider": "openai", "model": "gpt"}
    answers = [{**document, "input": "task", "generator": made_by} for document in documents(1)]
    found = mistakes({**a_config(), "documents": answers})
    assert set(found) == {"documents[0].input", "documents[0].generator"}


def test_names_and_models_are_told_apart_in_every_phase_and_sizes_must_be_in_reach() -> None:
    found = mistakes(
        a_config(
            generation={"iterations": 2},
            pairwise_eval={"judges": [a_judge(), a_judge()], "criteria": ["Style", "style"]},
            combine={
                "models": [a_model(max_completion_tokens=10)] * 2,
                "instructions": {"text": "Combine."},
                "min_bytes": 100,
            },
        )
    )
    assert set(found) == {
        "pairwise_eval.judges[1]",
        "pairwise_eval.criteria[1].name",
        "combine.models[1]",
        "combine.min_bytes",
    }
    assert "pairwise_eval.trials" in found["pairwise_eval.judges[1]"]


@pytest.mark.parametrize("provider", ["anthropic", "google", "openrouter", "mylab"])
def test_any_provider_may_make_documents(provider: str) -> None:
    a_preset(generation={"models": [{"provider": provider, "model": "m"}]})


def test_a_setting_the_provider_cannot_honour_is_refused() -> None:
    found = mistakes(
        a_config(
            generation={
                "models": [
                    {"provider": "local", "model": "llama-70b"},
                    {"provider": "openai", "model": "o3-mini", "temperature": 0.5},
                ]
            }
        )
    )
    assert set(found) == {"generation.models[0].model", "generation.models[1].temperature"}


def test_a_form_of_json_is_refused_where_nobody_answers_in_json() -> None:
    writers = {"models": [a_model(json="object"), a_model(json="schema", seed=1)]}
    combine = {"models": [a_model(json="prompt")], "instructions": {"text": "Combine."}}
    judge = {"judges": [a_judge(json="prompt")]}
    found = mistakes(a_config(generation=writers, single_eval=judge, pairwise_eval=judge, combine=combine))
    assert set(found) == {"generation.models[0].json", "combine.models[0].json"}
    assert "only judges" in found["combine.models[0].json"]


def test_a_patch_of_limits_switches_off_with_0_and_goes_back_to_the_default_with_null() -> None:
    off = with_limits(a_preset(), {"identical_failures": 0, "retry_share": 0}, no_list)
    assert (off.limits.identical_failures, off.limits.retry_share) == (None, None)
    still = with_limits(off, {"concurrency": 3, "retry_share": None}, no_list)
    assert (still.limits.identical_failures, still.limits.retry_share) == (None, 0.5)
    found = mistakes(a_config(limits={"identical_failures": -1, "retry_share": "never"}))
    assert {message.rpartition("; ")[2] for message in found.values()} == {"0 switches it off"}


def test_what_could_not_be_told_apart_in_the_results_is_refused() -> None:
    config = a_config(
        generation={"models": [a_model(), a_model()]},
        single_eval={"criteria": ["Clarity", {"name": " clarity "}], "judges": [a_judge(), a_judge()]},
    )
    config["documents"] = [*documents(2), {"id": "doc_1", "text": "Again."}]
    assert set(mistakes(config)) == {
        "documents[2].id",
        "generation.models[1]",
        "single_eval.criteria[1].name",
        "single_eval.judges[1]",
    }


def test_neither_phase_is_nothing_to_do() -> None:
    assert "nothing to do" in mistakes({"documents": documents(1)})["preset"]


def test_a_criterion_may_be_just_its_name() -> None:
    preset = a_preset(single_eval={"criteria": ["Relevance"]})
    assert preset.single_eval is not None
    assert preset.single_eval.criteria[0].name == "Relevance"


@pytest.mark.parametrize("config", [None, [], "demo", 3, {}])
def test_what_is_no_preset_at_all_is_a_mistake_and_no_crash(config: Any) -> None:
    assert mistakes(config)


def test_a_truth_value_is_no_number() -> None:
    assert "limits.concurrency" in mistakes(a_config(limits={"concurrency": True}))


def test_a_plan_too_large_to_keep_is_refused() -> None:
    found = mistakes(
        a_config(docs=3, generation={"iterations": 1000, "models": [a_model(model=f"m{i}") for i in range(90)]})
    )
    assert "at most" in found["preset"]


def test_a_document_given_by_name_where_no_file_is_read_says_what_to_send() -> None:
    found = mistakes({**a_config(), "documents": ["a.md"]})
    assert "{id, text}" in found["documents[0]"]


def test_mistakes_between_settings_are_found_beside_mistakes_of_shape() -> None:
    raw = {
        "name": 5,
        "documents": [{"id": "a", "text": ""}, {"id": "a"}],
        "bogus": 1,
        "generation": {"models": [{"provider": "mylab"}, {"model": "x", "temperature": 9}], "iterations": 0},
        "single_eval": {"criteria": [], "judges": [{"provider": "nokey2", "model": "m", "wat": 1}], "trials": 1.5},
        "limits": {"concurrency": "x", "max_attempts": -1, "max_cost_usd": 0},
    }
    with pytest.raises(InvalidPreset) as caught:
        check_preset(raw, lambda _model: None)
    paths = {mistake.path for mistake in caught.value.mistakes}
    assert paths >= {
        "name",
        "bogus",
        "documents[1].text",
        "documents[1].id",
        "generation.instructions",
        "generation.models[0].model",
        "single_eval.judges[0].wat",
        "single_eval.judges[0].price",
        "single_eval.judges[0].max_completion_tokens",
        "limits.max_attempts",
    }


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=3),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "documents",
                        "id",
                        "text",
                        "generation",
                        "models",
                        "single_eval",
                        "criteria",
                        "judges",
                        "limits",
                        "name",
                    ]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    )
)
def test_any_json_is_a_preset_or_a_list_of_mistakes(raw: object) -> None:
    assert mistakes(raw)


def test_two_document_ids_that_would_be_one_in_the_ids_of_calls_are_refused() -> None:
    alike = [{"id": "x y", "text": "One."}, {"id": part("x y"), "text": "Two."}]
    assert list(mistakes(a_config(documents=alike, single_eval={}))) == ["documents[1].id"]


def test_money_that_no_ledger_could_hold_is_refused() -> None:
    price = {"input_per_mtok": 1e15, "output_per_mtok": 1e300}
    found = mistakes(a_config(single_eval={"judges": [a_judge(price=price)]}, limits={"max_cost_usd": 1e300}))
    where = "single_eval.judges[0].price."
    assert {f"{where}input_per_mtok", f"{where}output_per_mtok", "limits.max_cost_usd"} <= set(found)
