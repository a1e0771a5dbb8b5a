"""The shape of a preset: everything a run can be told. Source: CONTRACT section 6.

Files are inlined before a preset is read here, so a document is always ``{id, text}`` and instructions ``{text}``.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from shared.llm_call import JsonMode

MAX_PLANNED_CALLS = 200_000
"""A plan with more calls is refused: its bookkeeping alone would not fit one machine's memory."""

PROVIDER_PATTERN = r"^[A-Za-z][A-Za-z0-9._-]{0,63}$"
NAME_PATTERN = r"^[A-Za-z0-9._-]{1,64}$"

Seconds = Annotated[float, Field(gt=0, le=7 * 86_400, allow_inf_nan=False)]
Dollars = Annotated[float, Field(ge=0, allow_inf_nan=False)]
PhaseName = Literal["generation", "single_eval"]
"""The phases this version runs, in their order."""


class Part(BaseModel):
    """A piece of a preset: unknown keys and values of another type are mistakes."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Document(Part):
    """One text to work on. The id names it in every result."""

    id: str = Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f/\\~]+$")
    text: str = Field(min_length=1)


class Instructions(Part):
    """What a generator is told to do with a document."""

    text: str = Field(min_length=1)


class Price(Part):
    """What a model costs, where the price list does not know it or knows it wrong."""

    input_per_mtok: Dollars
    output_per_mtok: Dollars


class Model(Part):
    """One model with its settings. What is not set is left to the provider."""

    provider: str = Field(pattern=PROVIDER_PATTERN)
    model: str = Field(min_length=1, max_length=150, pattern=r"^[^\x00-\x1f]+$")
    temperature: float | None = Field(default=None, ge=0, le=2, allow_inf_nan=False)
    max_completion_tokens: int | None = Field(default=None, ge=1, le=10_000_000)
    json_mode: JsonMode = Field(default="schema", alias="json")
    price: Price | None = None

    def settings(self) -> dict[str, Any]:
        """The settings that make its answers differ, as results and events show them."""
        return self.model_dump(include={"temperature", "max_completion_tokens"}, exclude_none=True)

    def shown(self) -> dict[str, Any]:
        """``{provider, model, settings}``: how results and events name a generator or a judge."""
        return {"provider": self.provider, "model": self.model, "settings": self.settings()}


class Generation(Part):
    """Each document, by each model, ``iterations`` times."""

    instructions: Instructions
    models: list[Model] = Field(min_length=1, max_length=100)
    iterations: int = Field(default=1, ge=1, le=1000)
    min_bytes: int = Field(default=0, ge=0)


def _named(value: Any) -> Any:
    return {"name": value} if isinstance(value, str) else value


class Criterion(Part):
    """One thing a judge gives a score for."""

    name: str = Field(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f]+$")
    description: str = Field(default="", max_length=4000)


class SingleEval(Part):
    """Each document, by each judge, ``trials`` times: a score from 1 to 5 for every criterion."""

    criteria: list[Annotated[Criterion, BeforeValidator(_named)]] = Field(min_length=1, max_length=50)
    judges: list[Model] = Field(min_length=1, max_length=100)
    trials: int = Field(default=1, ge=1, le=1000)


class ProviderLimit(Part):
    """How hard one provider may be asked, by all runs together."""

    concurrency: int | None = Field(default=None, ge=1, le=4096)
    requests_per_minute: float | None = Field(default=None, gt=0, allow_inf_nan=False)


class Limits(Part):
    """What a run may use. Defaults as in the contract."""

    concurrency: int = Field(default=8, ge=1, le=4096)
    max_attempts: int = Field(default=3, ge=1, le=100)
    attempt_timeout_s: Seconds = 600
    call_timeout_s: Seconds = 1800
    run_timeout_s: Seconds | None = None
    max_requests: int | None = Field(default=None, ge=1)
    max_cost_usd: Dollars | None = None
    identical_failures: int | None = Field(default=5, ge=1)
    retry_share: float | None = Field(default=0.5, gt=0, le=1)
    providers: dict[Annotated[str, Field(pattern=PROVIDER_PATTERN)], ProviderLimit] = Field(default_factory=dict)


class Preset(Part):
    """Everything a run is told."""

    name: str | None = Field(default=None, pattern=NAME_PATTERN)
    description: str = Field(default="", max_length=4000)
    documents: list[Document] = Field(min_length=1)
    generation: Generation | None = None
    single_eval: SingleEval | None = None
    pairwise_eval: None = None
    combine: None = None
    limits: Limits = Field(default_factory=Limits)

    def models(self) -> list[tuple[str, Model]]:
        """Every model with the path that names it, generators first."""
        makers = self.generation.models if self.generation else []
        judges = self.single_eval.judges if self.single_eval else []
        return [(f"generation.models[{index}]", model) for index, model in enumerate(makers)] + [
            (f"single_eval.judges[{index}]", model) for index, model in enumerate(judges)
        ]

    def limits_shown(self) -> dict[str, Any]:
        """The limits as ``run_planned`` states them."""
        return self.limits.model_dump(exclude_none=False)
