"""What models cost: your preset, your file, the list, in this order; unknown is unknown, and a bad file is no file."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from services.executor.adapters.pricing.price_file import PriceFileError, read_price_file
from services.executor.adapters.pricing.prices import PriceList
from services.executor.core.limits.settle import settled
from services.executor.core.presets.preset import Model, Price
from services.executor.core.presets.prices import ModelPrice, Rate
from shared.failures import FailureKind
from shared.llm_call import LlmAnswer, LlmFailure, LlmRequest
from tests.executor.configs import a_config
from tests.executor.engine import engine, of_type
from tests.executor.fakes import FakeWorkers, Outcome, failure
from tests.executor.service import client

LAB = {"provider": "mylab", "model": "m"}
FILE = """
openai/gpt-4o-mini: {input_per_mtok: 7, output_per_mtok: 9.5, cached_input_per_mtok: 1}
openrouter/meta/llama: {input_per_mtok: 0, output_per_mtok: 0}
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "prices.yaml"
    path.write_text(text)
    return path


def test_your_file_goes_before_the_list_and_a_presets_own_price_before_both(tmp_path: Path) -> None:
    prices = PriceList(read_price_file(written(tmp_path, FILE)))
    mine = prices.price_of(Model(provider="openai", model="gpt-4o-mini"))
    assert mine is not None
    assert (mine.source, mine.cost_nano(1_000_000, 1_000_000)) == ("file", 16_500_000_000)
    slashed = prices.price_of(Model(provider="openrouter", model="meta/llama"))
    assert slashed is not None
    assert slashed.is_free
    listed = prices.price_of(Model(provider="openai", model="gpt-4o"))
    assert listed is not None
    assert listed.source == "genai-prices"
    price = Price(input_per_mtok=1, output_per_mtok=1)
    own = prices.price_of(Model(provider="openai", model="gpt-4o-mini", price=price))
    assert own is not None
    assert own.source == "preset"
    assert prices.price("mylab", "m") is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("openai/gpt-5: {input_per_mtok: 1}", "openai/gpt-5.output_per_mtok: required"),
        ("openai/gpt-5: {input_per_mtok: -1, output_per_mtok: 1}", "greater than or equal to 0"),
        ("openai/gpt-5: {input_per_mtok: cheap, output_per_mtok: 1}", "openai/gpt-5.input_per_mtok: must be a valid"),
        ("openai/gpt-5: {input: 1, output: 1}", "unknown key"),
        ("gpt-5: {input_per_mtok: 1, output_per_mtok: 1}", "must be a provider and a model, like openai/gpt-5-mini"),
        ("openai/gpt-5: 3", "must be an object with keys"),
        ("- openai/gpt-5", "must be a list of names"),
        ("a: [", "at line"),
    ],
)
def test_a_file_that_is_not_as_it_should_be_is_refused_with_its_name_and_the_place(
    text: str, why: str, tmp_path: Path
) -> None:
    path = written(tmp_path, text)
    with pytest.raises(PriceFileError) as refused:
        read_price_file(path)
    assert str(path) in str(refused.value)
    assert why in str(refused.value)


def test_a_file_that_is_not_there_is_a_mistake_and_an_empty_or_no_file_is_none(tmp_path: Path) -> None:
    with pytest.raises(PriceFileError, match="cannot be read: No such file"):
        read_price_file(tmp_path / "gone.yaml")
    assert read_price_file(written(tmp_path, "# nothing yet\n")) == {}
    assert read_price_file(None) == {}


def test_what_came_from_a_cache_costs_its_own_rate_and_never_more_tokens_than_there_were() -> None:
    price = ModelPrice(Rate(1_000_000_000), Rate(0), Rate(100_000_000))
    assert price.cost_nano(1000, 0, 400) == 640_000
    assert price.cost_nano(1000, 0, 5000) == price.cost_nano(1000, 0, 1000) == 100_000
    assert ModelPrice(Rate(1_000_000_000), Rate(0)).cost_nano(1000, 0, 400) == 1_000_000


def test_the_list_knows_cache_rates_and_what_has_no_output_that_is_billed() -> None:
    prices = PriceList()
    mini = prices.price("openai", "gpt-4o-mini")
    embedding = prices.price("openai", "text-embedding-3-small")
    assert mini is not None
    assert embedding is not None
    assert mini.cached is not None
    assert 0 < mini.cached.base_nano < mini.input.base_nano
    assert embedding.cost_nano(1_000_000, 1_000_000) == embedding.input.base_nano


def test_what_changes_with_the_time_is_billed_as_it_was_and_reserved_as_dear_as_it_may_become() -> None:
    chat = PriceList().price("deepseek", "deepseek-chat")
    assert chat is not None
    night, day = at(17), at(9)
    assert chat.at(night).cost_nano(1_000_000, 0) == 135_000_000
    assert chat.at(day).cost_nano(1_000_000, 0) == 270_000_000
    assert chat.most_nano(1_000_000, 1_000_000) == 270_000_000 + 1_100_000_000
    tokens = LlmAnswer(text="x", duration_s=0.1, input_tokens=1_000_000, output_tokens=0)
    assert settled(tokens, chat, began_ms=night, ended_ms=night).cost_nano == 135_000_000
    # It began in the cheap hours and ended in the dear ones: nobody says which moment is billed.
    assert settled(tokens, chat, began_ms=at(0), ended_ms=at(1)).cost_nano == 270_000_000


def test_a_price_that_has_ended_is_forgotten_a_day_later_in_a_process_that_goes_on() -> None:
    today = [datetime(2026, 3, 12, 23, 59, tzinfo=UTC)]
    prices = PriceList(now=lambda: today[0])
    before = prices.price("anthropic", "claude-sonnet-4-6")
    today[0] += timedelta(days=3)
    after = prices.price("anthropic", "claude-sonnet-4-6")
    assert before is not None
    assert after is not None
    assert len(before.timed) == 1
    assert after.timed == ()
    assert before.timed[0].price == after


def test_a_fee_for_each_request_is_added_and_reserved() -> None:
    sonar = PriceList().price("perplexity", "sonar")
    assert sonar is not None
    assert sonar.cost_nano(1000, 1000) == sonar.most_nano(1000, 1000) == 12_000_000 + 2_000_000
    assert not ModelPrice(Rate(0), Rate(0), request_nano=1).is_free
    assert not ModelPrice(Rate(0), Rate(0), Rate(1)).is_free


@pytest.mark.parametrize(
    ("provider", "model", "why"),
    [
        ("perplexity", "sonar-deep-research", "output_citation, output_reasoning"),
        ("openai", "o3-deep-research", "billed for each search"),
        ("openai", "gpt-4o-mini-search-preview", "billed for each search"),
        ("azure", "davinci", "no price of its output"),
        ("mylab", "m", "not in the price list"),
    ],
)
def test_what_the_list_bills_in_units_nobody_counts_for_us_is_unknown_with_the_reason(
    provider: str, model: str, why: str
) -> None:
    prices = PriceList()
    assert prices.price(provider, model) is None
    assert why in (prices.why_unknown(provider, model) or "")


def test_what_is_written_to_a_cache_is_billed_and_reserved_at_its_own_rate() -> None:
    price = ModelPrice(Rate(1_000_000_000), Rate(0), Rate(100_000_000), written=Rate(1_250_000_000))
    assert price.cost_nano(1000, 0, 400, 400) == 200_000 + 40_000 + 500_000
    assert price.cost_nano(1000, 0, 900, 900) == 90_000 + 125_000
    assert price.most_nano(1000, 0) == 1_250_000
    gemini = PriceList().price("openrouter", "google/gemini-2.5-pro")
    assert gemini is not None
    # What is listed is what keeping costs, besides reading.
    assert gemini.cost_nano(1000, 0, written_tokens=1000) > gemini.cost_nano(1000, 0)
    falling = ModelPrice(Rate(1_000_000_000, ((500, 1_000_000),)), Rate(0))
    assert falling.most_nano(1000, 0) == 1_000_000


PRICED = ModelPrice(Rate(1_000_000_000), Rate(1_000_000_000), source="genai-prices")


def answered(**parts: Any) -> LlmAnswer:
    return LlmAnswer(text="x", duration_s=0.1, input_tokens=1000, output_tokens=1000, **parts)


def refused(status: int | None, **parts: Any) -> LlmFailure:
    return LlmFailure(kind=FailureKind.SERVER, message="no", sent="yes", status=status, **parts)


@pytest.mark.parametrize(
    ("outcome", "cost_nano"),
    [
        (refused(500), 0),
        (refused(500, input_tokens=1000, output_tokens=0), 1_000_000),
        (refused(422, input_tokens=1000), None),
        (refused(400, cost_usd=0.25), 250_000_000),
        (refused(500, input_tokens=2**60, output_tokens=2**60), None),
        (refused(500, billed_apart=("web_search_requests",)), None),
        (refused(408), None),
        (refused(502), None),
        (refused(504), None),
        (refused(504, input_tokens=0, output_tokens=0), 0),
        # The answer broke off after it had begun.
        (refused(200), None),
        (answered(), 2_000_000),
        (answered(billed_apart=("citation_tokens",)), None),
        (answered(billed_apart=("citation_tokens",), cost_usd=0.25), 250_000_000),
    ],
)
def test_what_may_have_been_billed_is_never_shown_as_nothing(outcome: Outcome, cost_nano: int | None) -> None:
    assert settled(outcome, PRICED, began_ms=0, ended_ms=0).cost_nano == cost_nano


def at(hour: int) -> int:
    return round(datetime(2026, 11, 22, hour, tzinfo=UTC).timestamp()) * 1000


async def test_what_a_gateway_may_have_let_through_keeps_its_reservation_and_a_strange_bill_is_told_once(
    tmp_path: Path,
) -> None:
    def script(request: LlmRequest, _before: int) -> Outcome:
        if request.document == "Text number 1.":
            return failure(FailureKind.TIMEOUT, status=504)
        return LlmAnswer(
            text="x", duration_s=0.1, input_tokens=9, output_tokens=9, billed_apart=("num_search_queries",)
        )

    async with engine(tmp_path, FakeWorkers(script)) as here:
        object.__setattr__(here.kit, "price_of", lambda _model: PRICED)
        limits = {"max_attempts": 1, "concurrency": 1}
        run_id = await here.start(
            docs=3, generation={"models": [{**LAB, "max_completion_tokens": 1000}]}, limits=limits
        )
        live = here.runs.live(run_id)
        await here.ended()
        events, stats = await here.events(), await here.stats()
        assert live is not None
        assert live.budget.cost_nano > 3 * 1_000_000
    [failed] = of_type(events, "attempt_failed")
    assert (failed["cost_usd"], failed["input_tokens"], failed["sent"]) == (None, None, "yes")
    assert (stats["attempts"], stats["uncertain_attempts"], stats["unpriced_attempts"]) == (3, 0, 3)
    [told] = [data["message"] for data in of_type(events, "log") if "is not known" in data["message"]]
    assert "mylab/m" in told
    assert "num_search_queries" in told


async def test_a_limit_nobody_can_keep_any_more_ends_the_run_before_another_request(tmp_path: Path) -> None:
    known: list[ModelPrice | None] = [PRICED]

    def script(_request: LlmRequest, _before: int) -> Outcome:
        # As when the executor starts again without its file of prices.
        known[0] = None
        return answered()

    async with engine(tmp_path, FakeWorkers(script)) as here:
        object.__setattr__(here.kit, "price_of", lambda _model: known[0])
        priced = {**LAB, "max_completion_tokens": 10, "price": {"input_per_mtok": 1.0, "output_per_mtok": 1.0}}
        limits = {"max_cost_usd": 1.0, "concurrency": 1}
        events = await here.run(docs=3, generation={"models": [priced]}, limits=limits)
        assert len(here.workers.requests) == 1
    assert of_type(events, "run_finished")[0]["reason"] == "budget"
    assert "no price of mylab/m is known" in of_type(events, "alert")[0]["message"]


async def test_what_a_provider_says_a_request_cost_holds_unless_you_have_said_the_price(tmp_path: Path) -> None:
    def script(_request: LlmRequest, _before: int) -> Outcome:
        return LlmAnswer(text="x", duration_s=0.1, input_tokens=1000, output_tokens=1000, cost_usd=0.125)

    priced = {**LAB, "model": "priced", "price": {"input_per_mtok": 1.0, "output_per_mtok": 2.0}}
    async with engine(tmp_path, FakeWorkers(script)) as here:
        events = await here.run(docs=1, generation={"models": [LAB, priced]})
        costs = {item["call_id"]: item["cost_usd"] for item in of_type(events, "attempt_succeeded")}
        assert costs == {"generate~doc_1~m~1": 0.125, "generate~doc_1~priced~1": 0.003}


async def test_cached_input_is_billed_at_its_own_rate(tmp_path: Path) -> None:
    def script(_request: LlmRequest, _before: int) -> Outcome:
        return LlmAnswer(text="x", duration_s=0.1, input_tokens=1000, output_tokens=0, cached_tokens=900)

    async with engine(tmp_path, FakeWorkers(script)) as here:
        price = ModelPrice(Rate(1_000_000_000), Rate(0), Rate(100_000_000), source="file")
        object.__setattr__(here.kit, "price_of", lambda _model: price)
        events = await here.run(docs=1, generation={"models": [LAB]})
        assert of_type(events, "attempt_succeeded")[0]["cost_usd"] == 0.00019


async def test_prices_over_http_say_where_they_come_from(tmp_path: Path) -> None:
    async with client(tmp_path, prices_file=written(tmp_path, FILE)) as asked:

        async def rows(query: str) -> list[dict[str, object]]:
            answer = await asked.get(f"/prices{query}")
            assert answer.status_code == 200, answer.text
            found: list[dict[str, object]] = answer.json()["prices"]
            return found

        mini = {"provider": "openai", "model": "gpt-4o-mini", "input_per_mtok": 7, "output_per_mtok": 9.5}
        assert await rows("?provider=openai&model=gpt-4o-mini") == [
            {**mini, "cached_input_per_mtok": 1, "source": "file"}
        ]
        assert await rows("?provider=mylab&model=m") == [
            {
                "provider": "mylab", "model": "m", "input_per_mtok": None, "output_per_mtok": None,
                "source": "unknown", "reason": "it is not in the price list",
            }
        ]  # fmt: skip
        [chat] = await rows("?provider=deepseek&model=deepseek-chat")
        assert (chat["dearest_input_per_mtok"], chat["dearest_output_per_mtok"]) == (0.27, 1.1)
        [fee] = await rows("?provider=perplexity&model=sonar")
        assert fee["per_request"] == 0.012
        assert {(row["provider"], row["source"]) for row in await rows("?preset=demo")} == {("local", "free")}
        openai = await rows("?provider=openai")
        assert {row["provider"] for row in openai} == {"openai"}
        assert {row["source"] for row in openai} == {"file", "genai-prices"}
        everything = await rows("")
        assert len(everything) > 1000
        assert [row["source"] for row in everything[:2]] == ["file", "file"]
        plan = (await asked.post("/plan", json={"config": a_config(generation={"models": [LAB]})})).json()
        assert plan["cost_usd"]["expected"] is None
        [row] = [row for row in plan["prices"] if row["provider"] == LAB["provider"]]
        assert (row["source"], row["reason"]) == ("unknown", "it is not in the price list")
        for query in ("?model=gpt-5", "?provider=openai&preset=demo", f"?provider={'x' * 201}"):
            assert (await asked.get(f"/prices{query}")).status_code == 422
        assert (await asked.get("/prices?preset=nobodys")).status_code in {404, 422}
