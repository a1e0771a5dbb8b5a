"""What models cost: your preset, your file, the list, in this order; unknown is unknown, and a bad file is no file."""

from pathlib import Path

import pytest

from services.executor.adapters.pricing.price_file import PriceFileError, read_price_file
from services.executor.adapters.pricing.prices import PriceList
from services.executor.core.presets.preset import Model, Price
from services.executor.core.presets.prices import ModelPrice, Rate
from shared.llm_call import LlmAnswer, LlmRequest
from tests.executor.configs import a_config
from tests.executor.engine import engine, of_type
from tests.executor.fakes import FakeWorkers, Outcome
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
            {"provider": "mylab", "model": "m", "input_per_mtok": None, "output_per_mtok": None, "source": "unknown"}
        ]
        assert {(row["provider"], row["source"]) for row in await rows("?preset=demo")} == {("local", "free")}
        openai = await rows("?provider=openai")
        assert {row["provider"] for row in openai} == {"openai"}
        assert {row["source"] for row in openai} == {"file", "genai-prices"}
        everything = await rows("")
        assert len(everything) > 1000
        assert [row["source"] for row in everything[:2]] == ["file", "file"]
        plan = (await asked.post("/plan", json={"config": a_config(generation={"models": [LAB]})})).json()
        assert plan["cost_usd"]["expected"] is None
        for query in ("?model=gpt-5", "?provider=openai&preset=demo", f"?provider={'x' * 201}"):
            assert (await asked.get(f"/prices{query}")).status_code == 422
        assert (await asked.get("/prices?preset=nobodys")).status_code in {404, 422}
