"""All five phases of a run: every planned call is asked, once, when what it reads is there."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from services.executor.core.presets.check_preset import planned_calls
from services.executor.core.records import Choice, Pair
from services.executor.flows.run.sequel import AT_A_TIME, BREATH
from shared.failures import FailureKind
from shared.llm_call import LlmRequest
from tests.executor.comparing import Favourites, five_phases, is_pair, shown
from tests.executor.configs import a_judge, a_preset
from tests.executor.engine import Engine, Event, engine, of_type, types
from tests.executor.fakes import FakeWorkers, Outcome, answer, failure

_NONE_FAILED = {"status": "completed"}


def ends(events: list[Event]) -> Counter[str]:
    """How each planned call has ended."""
    endings = ("call_succeeded", "call_failed", "call_cancelled", "call_lost")
    by_call = Counter(data["call_id"] for data in of_type(events, *endings))
    assert set(by_call.values()) <= {1}
    return Counter(type_ for type_, _ in events if type_ in endings)


def asked(workers: FakeWorkers, **wanted: Any) -> list[LlmRequest]:
    """Requests with these settings."""
    return [item for item in workers.requests if all(getattr(item, key) == value for key, value in wanted.items())]


async def choices(here: Engine, phase: str) -> dict[str, str]:
    return {item.input: item.documents for item in await here.reader.choices("run-1") if item.phase == phase}


async def test_three_documents_three_models_and_two_judges_make_exactly_the_planned_calls(tmp_path: Path) -> None:
    workers = FakeWorkers(Favourites())
    async with engine(tmp_path, workers) as here:
        events = await here.run(docs=3, **five_phases())
    planned = of_type(events, "run_planned")[0]
    expected = {"generation": 9, "single_eval": 18, "pairwise_eval": 36, "combine": 3, "post_combine_eval": 36}
    assert {item["phase"]: item["planned_calls"] for item in planned["phases"]} == expected
    assert planned["planned_calls"] == len(workers.requests) == 102
    assert ends(events) == {"call_succeeded": 102}
    assert Counter(item["phase"] for item in of_type(events, "call_queued")) == expected
    for type_ in ("phase_started", "phase_finished"):
        assert Counter(item["phase"] for item in of_type(events, type_)) == dict.fromkeys(expected, 1)
    assert of_type(events, "run_finished")[0]["status"] == "completed"
    assert Counter(item["phase"] for item in of_type(events, "pair_judged")) == {
        "pairwise_eval": 36,
        "post_combine_eval": 36,
    }


async def test_each_pair_is_asked_in_both_orders_and_the_winner_is_the_document(tmp_path: Path) -> None:
    workers = FakeWorkers(Favourites())
    async with engine(tmp_path, workers) as here:
        await here.run(docs=1, **five_phases(models=2, judges=1))
        pairs = await here.reader.pairs("run-1")
    first, second = [item for item in pairs if item.phase == "pairwise_eval"]
    assert (first.order, second.order) == ("ab", "ba")
    assert (
        (first.a, first.b) == (second.a, second.b) == ("doc_1~scripted.writer.json~1", "doc_1~scripted.writer.json-2~1")
    )
    assert first.winner == second.winner == "b"
    assert {shown(request) for request in workers.requests if is_pair(request)} >= {
        ("<Text number 1.>0", "<Text number 1.>0.1"),
        ("<Text number 1.>0.1", "<Text number 1.>0"),
    }


async def test_the_best_by_score_take_the_places_and_the_choice_is_kept(tmp_path: Path) -> None:
    workers = FakeWorkers(Favourites())
    async with engine(tmp_path, workers) as here:
        events = await here.run(docs=2, **five_phases(models=4, top_n=2))
        assert await choices(here, "pairwise_eval") == {
            name: f'["{name}~scripted.writer.json-4~1","{name}~scripted.writer.json-3~1"]'
            for name in ("doc_1", "doc_2")
        }
        assert await choices(here, "combine") == await choices(here, "pairwise_eval")
    assert ends(events) == {"call_succeeded": of_type(events, "run_planned")[0]["planned_calls"]}
    compared = {text for request in workers.requests if is_pair(request) for text in shown(request)}
    assert not any(text.endswith((">0", ">0.1")) for text in compared)


async def test_a_pair_is_shown_with_what_stands_first_in_the_plan_as_a(tmp_path: Path) -> None:
    async with engine(tmp_path, FakeWorkers(Favourites())) as here:
        await here.run(docs=1, **five_phases(models=3, judges=1, top_n=2))
        pairs = await here.reader.pairs("run-1")
    place = [f"doc_1~scripted.writer.json{suffix}~1" for suffix in ("", "-2", "-3")] + ["doc_1~combined-writer.json"]
    assert all(place.index(pair.a) < place.index(pair.b) for pair in pairs)
    assert len({pair.item_id for pair in pairs}) == len(pairs) == 2 + 6


async def test_what_is_combined_meets_both_originals_and_nothing_else(tmp_path: Path) -> None:
    workers = FakeWorkers(Favourites())
    async with engine(tmp_path, workers) as here:
        await here.run(docs=1, **five_phases(models=3, judges=1, combiners=2))
        finals = [pair for pair in await here.reader.pairs("run-1") if pair.phase == "post_combine_eval"]
        documents = {item.document_id: item for item in await here.reader.documents("run-1")}
    assert [shown(item) for item in asked(workers, instructions="Combine.")] == [
        ("<Text number 1.>0.2", "<Text number 1.>0.1")
    ] * 2
    combined = [name for name, item in documents.items() if item.kind == "combined"]
    assert {pair.a for pair in finals} | {pair.b for pair in finals} == {
        "doc_1~scripted.writer.json-2~1",
        "doc_1~scripted.writer.json-3~1",
        *combined,
    }
    assert len(finals) == 12
    assert sorted(documents[name].generator or 0 for name in combined) == [0, 1]


async def test_a_text_that_could_not_be_generated_takes_its_comparisons_with_it_and_the_rest_goes_on(
    tmp_path: Path,
) -> None:
    likes = Favourites()

    def script(request: LlmRequest, before: int) -> Outcome:
        if request.temperature == 0.2 and request.instructions == "Rewrite." and "number 1" in request.document:
            return failure(FailureKind.BAD_REQUEST)
        return likes(request, before)

    workers = FakeWorkers(script)
    async with engine(tmp_path, workers) as here:
        events = await here.run(docs=2, **five_phases(judges=1))
        assert await choices(here, "combine") == {
            "doc_1": '["doc_1~scripted.writer.json-2~1","doc_1~scripted.writer.json~1"]',
            "doc_2": '["doc_2~scripted.writer.json-3~1","doc_2~scripted.writer.json-2~1"]',
        }
    # Its one judge, and two pairs in two orders.
    assert ends(events) == {"call_failed": 1, "call_cancelled": 5, "call_succeeded": 38 - 6}
    reasons = {item["error"]["message"] for item in of_type(events, "call_cancelled")}
    assert reasons == {"document doc_1~scripted.writer.json-3~1 could not be generated"}
    assert {item["attempts"] for item in of_type(events, "call_cancelled")} == {0}
    assert of_type(events, "run_finished")[0]["reason"] == "6 of 38 calls brought no result"


async def test_with_too_few_texts_nothing_is_combined_and_every_call_says_why(tmp_path: Path) -> None:
    def script(request: LlmRequest, _before: int) -> Outcome:
        return failure(FailureKind.BAD_REQUEST) if request.temperature == 0.1 else answer()

    async with engine(tmp_path, FakeWorkers(script)) as here:
        events = await here.run(docs=1, **{**five_phases(models=2, judges=1), "single_eval": None})
        assert await here.reader.choices("run-1") == []
    assert ends(events) == {"call_succeeded": 1, "call_failed": 1, "call_cancelled": 2 + 1 + 6}
    assert Counter(item["error"]["message"] for item in of_type(events, "call_cancelled")) == {
        "document doc_1~scripted.writer.json-2~1 could not be generated": 2,
        "no two documents of doc_1 could be compared": 1,
        "nothing was combined for doc_1": 6,
    }
    assert Counter(item["phase"] for item in of_type(events, "phase_started", "phase_finished")) == dict.fromkeys(
        ("generation", "pairwise_eval", "combine", "post_combine_eval"), 2
    )


async def test_documents_without_a_score_take_no_place(tmp_path: Path) -> None:
    likes = Favourites()

    def script(request: LlmRequest, before: int) -> Outcome:
        if request.json and not is_pair(request) and request.document.endswith((">0.1", ">0.2", ">0.3")):
            return answer("no verdict")
        return likes(request, before)

    async with engine(tmp_path, FakeWorkers(script)) as here:
        events = await here.run(
            docs=1, **five_phases(models=4, judges=1, top_n=3), limits={"max_attempts": 1, "identical_failures": None}
        )
        assert await here.reader.choices("run-1") == [
            Choice(
                run_id="run-1",
                phase="pairwise_eval",
                input="doc_1",
                documents='["doc_1~scripted.writer.json~1"]',
            )
        ]
    reasons = Counter(item["error"]["message"] for item in of_type(events, "call_cancelled"))
    assert reasons["1 of the 4 documents of doc_1 have a score: place 2 stays empty"] == 6


async def test_answers_that_are_there_already_compete_within_their_input(tmp_path: Path) -> None:
    made_by = {"provider": "openai", "model": "gpt", "settings": {"temperature": 1.0}}
    documents = [
        {"id": "a1", "text": "one", "input": "a", "generator": made_by},
        {"id": "b1", "text": "two", "input": "b"},
        {"id": "a2", "text": "three", "input": "a"},
        {"id": "c", "text": "four"},
    ]
    workers = FakeWorkers(Favourites())
    async with engine(tmp_path, workers) as here:
        events = await here.run(
            documents=documents, single_eval={}, pairwise_eval={"judges": [a_judge()], "criteria": ["Style"]}
        )
        pairs = await here.reader.pairs("run-1")
        inputs = {item.document_id: item.input for item in await here.reader.documents("run-1")}
    assert [(pair.input, pair.a, pair.b, pair.winner) for pair in pairs] == [("a", "a1", "a2", "tie")] * 2
    assert inputs == {"a1": "a", "b1": "b", "a2": "a", "c": "c"}
    assert {item["a_generator"]["model"] for item in of_type(events, "pair_judged")} == {"gpt"}
    assert {item["b_generator"] for item in of_type(events, "pair_judged")} == {None}
    assert all("- Style" in request.instructions for request in workers.requests if is_pair(request))
    assert ends(events) == {"call_succeeded": 6}


async def test_no_input_waits_for_another(tmp_path: Path) -> None:
    held: list[str] = []

    class Slow(FakeWorkers):
        async def ask(self, key: str, request: LlmRequest, *, alone: bool = False) -> Outcome:
            if "number 2" in request.document and request.instructions == "Rewrite." and request.temperature == 0.0:
                held.append(key)
                await self.until(lambda: sum("Combine." in item.instructions for item in self.requests) >= 1)
            return await super().ask(key, request, alone=alone)

    async with engine(tmp_path, Slow(Favourites())) as here:
        events = await here.run(docs=2, **five_phases(models=2, judges=1))
    assert len(held) == 1
    assert ends(events) == {"call_succeeded": 4 + 4 + 4 + 2 + 12}


async def test_texts_nobody_reads_any_more_are_not_kept(tmp_path: Path) -> None:
    async with engine(tmp_path, FakeWorkers(Favourites(), hold=True)) as here:
        await here.start(docs=2, **five_phases(top_n=2))
        live = here.runs.live("run-1")
        assert live is not None
        assert set(live.texts) == {"doc_1", "doc_2"}
        here.workers.let_go()
        await here.ended()
        assert live.texts == {}


async def test_a_preference_that_cannot_be_read_is_asked_again_and_is_never_a_tie(tmp_path: Path) -> None:
    likes = Favourites()

    def script(request: LlmRequest, before: int) -> Outcome:
        if is_pair(request) and before < 1:
            return answer('{"winner": "C"}')
        return likes(request, before)

    async with engine(tmp_path, FakeWorkers(script)) as here:
        events = await here.run(docs=1, **five_phases(models=2, judges=1), limits={"retry_share": None})
        kinds = {item["error"]["kind"] for item in of_type(events, "attempt_failed")}
        assert kinds == {"unreadable_verdict"}
        assert {pair.winner for pair in await here.reader.pairs("run-1") if pair.phase == "pairwise_eval"} == {"b"}
    assert set(ends(events)) == {"call_succeeded"}


async def test_every_setting_of_a_model_is_in_its_requests(tmp_path: Path) -> None:
    settings: dict[str, Any] = {
        "temperature": 0.5,
        "max_completion_tokens": 321,
        "top_p": 0.9,
        "seed": 7,
        "stop": ["END"],
        "reasoning_effort": "low",
    }
    workers = FakeWorkers()
    async with engine(tmp_path, workers) as here:
        await here.run(docs=1, generation={"models": [{"provider": "mylab", "model": "m", **settings, "api": "chat"}]})
    (request,) = workers.requests
    assert {name: getattr(request, name) for name in settings} == settings
    assert request.api == "chat"


@pytest.mark.parametrize("seed", [0, 1, 2])
async def test_the_seed_changes_no_call_and_no_count(tmp_path: Path, seed: int) -> None:
    preset = a_preset(docs=1, **five_phases(), seed=seed)
    workers = FakeWorkers(Favourites())
    async with engine(tmp_path, workers) as here:
        await here.run(docs=1, **five_phases(), seed=seed)
        pairs: list[Pair] = await here.reader.pairs("run-1")
    assert len(workers.requests) == sum(planned_calls(preset).values())
    assert Counter(pair.order for pair in pairs) == {"ab": 12, "ba": 12}


async def test_a_stopped_run_gives_the_stop_as_reason_for_every_call(tmp_path: Path) -> None:
    async with engine(tmp_path, FakeWorkers(Favourites())) as here:
        events = await here.run(docs=2, **five_phases(top_n=2), limits={"max_requests": 17, "concurrency": 2})
    counted = ends(events)
    assert sum(counted.values()) == of_type(events, "run_planned")[0]["planned_calls"]
    assert counted["call_succeeded"] == 17
    assert {item["error"]["kind"] for item in of_type(events, "call_failed", "call_cancelled")} == {"budget"}
    assert types(events)[-1] == "run_finished"


async def test_what_can_be_asked_all_at_once_is_queued_in_parts(tmp_path: Path) -> None:
    workers = FakeWorkers(hold=True)
    async with engine(tmp_path, workers) as here:
        await here.start(docs=2 * AT_A_TIME + 1, limits={"concurrency": 2})
        live = here.runs.live("run-1")
        assert live is not None
        await workers.until(lambda: workers.under_way == 2)
        first = len(live.open_calls)
        assert first % BREATH == 0
        workers.let_go()
        await here.ended()
        assert len(workers.requests) == 2 * AT_A_TIME + 1
        assert (await here.stats())["successful_calls"] == 2 * AT_A_TIME + 1
