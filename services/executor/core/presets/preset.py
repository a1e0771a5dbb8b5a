"""The shape of a preset: everything a run can be told. Source: CONTRACT section 6.

Files are inlined before a preset is read here, so a document is always ``{id, text}`` and instructions ``{text}``.
"""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from shared.events import PhaseName
from shared.llm_call import Api, JsonMode, ReasoningEffort

MAX_PLANNED_CALLS = 200_000
"""A plan with more calls is refused: its bookkeeping alone would not fit one machine's memory."""

RESEARCH_REQUESTS = 100
"""How many requests one research may make where the preset does not say."""

PROVIDER_PATTERN = r"^[A-Za-z][A-Za-z0-9._-]{0,63}$"
NAME_PATTERN = r"^[A-Za-z0-9._-]{1,64}$"

Seconds = Annotated[float, Field(gt=0, le=7 * 86_400, allow_inf_nan=False)]
Dollars = Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False)]
"""Bounded, so that sums of nano-dollars fit the 64 bits a ledger has for them."""
GeneratorKind = Literal["fpf", "gpt_researcher"]
SETTINGS = ("temperature", "max_completion_tokens", "top_p", "seed", "stop", "reasoning_effort", "api")
"""What makes one model's answers differ from another's of the same name; shown in results and events."""


class Part(BaseModel):
    """A piece of a preset: unknown keys and values of another type are mistakes."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


DocumentId = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f/\\~]+$")]


class MadeBy(Part):
    """Who made a document that is there already, as results and events show a generator."""

    provider: str = Field(min_length=1, max_length=64)
    model: str = Field(min_length=1, max_length=150)
    settings: dict[str, Any] = Field(default_factory=dict)
    kind: GeneratorKind = "fpf"

    def shown(self) -> dict[str, Any]:
        """Just as the generator itself was shown that made it."""
        return self.model_dump(mode="json", exclude_defaults=True) | {"settings": self.settings}


class Document(Part):
    """One text to work on. The id names it in every result.

    Without generation, documents that name the same ``input`` are answers to one task and compete with each other.
    """

    id: DocumentId
    text: str = Field(min_length=1)
    input: DocumentId | None = None
    generator: MadeBy | None = None


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
    top_p: float | None = Field(default=None, gt=0, le=1, allow_inf_nan=False)
    seed: int | None = Field(default=None, ge=0, le=2**31 - 1)
    stop: list[Annotated[str, Field(min_length=1, max_length=200)]] | None = Field(
        default=None, min_length=1, max_length=16
    )
    reasoning_effort: ReasoningEffort | None = None
    api: Api | None = None
    """Which of OpenAI's two interfaces; None is the provider's usual one."""
    json_mode: JsonMode = Field(default="schema", alias="json")
    price: Price | None = None

    def settings(self) -> dict[str, Any]:
        """The settings that make its answers differ, as results and events show them."""
        return self.model_dump(include=set(SETTINGS), exclude_none=True)

    def shown(self) -> dict[str, Any]:
        """``{provider, model, settings}``: how results and events name a generator or a judge."""
        return {"provider": self.provider, "model": self.model, "settings": self.settings()}


class Generator(Model):
    """A model that makes documents: asked once, or by GPT Researcher as often as that asks."""

    kind: GeneratorKind = "fpf"
    report_type: str | None = Field(default=None, min_length=1, max_length=64, pattern=r"^[a-z_]+$")
    """GPT Researcher's; None is ``research_report``."""
    max_requests: int | None = Field(default=None, ge=1, le=10_000)
    """How many requests one research may make; None is ``RESEARCH_REQUESTS``."""

    def shown(self) -> dict[str, Any]:
        """As a model's, and the kind where it is not the usual one, with the report type where one is named."""
        shown = super().shown()
        if self.kind == "fpf":
            return shown
        settings = (
            shown["settings"] if self.report_type is None else {**shown["settings"], "report_type": self.report_type}
        )
        return {**shown, "settings": settings, "kind": self.kind}


class Generation(Part):
    """Each document, by each model, ``iterations`` times."""

    instructions: Instructions
    models: list[Generator] = Field(min_length=1, max_length=100)
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


class PairwiseEval(Part):
    """Documents of one input against each other: all pairs or the ``top_n`` by score, by each judge, in both orders.

    ``criteria`` say what makes a document better; without them single_eval's do.
    """

    judges: list[Model] = Field(min_length=1, max_length=100)
    trials: int = Field(default=1, ge=1, le=1000)
    top_n: int | None = Field(default=None, ge=2, le=1000)
    criteria: list[Annotated[Criterion, BeforeValidator(_named)]] | None = Field(
        default=None, min_length=1, max_length=50
    )


class Combine(Part):
    """The two best documents of an input made into one by each model; the pairwise judges compare them all again."""

    models: list[Model] = Field(min_length=1, max_length=100)
    instructions: Instructions
    min_bytes: int = Field(default=0, ge=0)


class ProviderLimit(Part):
    """How hard one provider may be asked, by all runs together."""

    concurrency: int | None = Field(default=None, ge=1, le=4096)
    requests_per_minute: float | None = Field(default=None, gt=0, allow_inf_nan=False)


def _off(value: float | None) -> float | None:
    """0 is off, as null in a preset is; in a merge patch null means the default."""
    return value or None


class Limits(Part):
    """What a run may use. Defaults as in the contract; what may be None is off then."""

    concurrency: int = Field(default=8, ge=1, le=4096)
    max_attempts: int = Field(default=3, ge=1, le=100)
    attempt_timeout_s: Seconds = 600
    call_timeout_s: Seconds = 1800
    phase_timeout_s: dict[PhaseName, Seconds] = Field(default_factory=dict)
    run_timeout_s: Seconds | None = None
    max_requests: int | None = Field(default=None, ge=1)
    max_cost_usd: Dollars | None = None
    identical_failures: Annotated[int | None, AfterValidator(_off)] = Field(default=5, ge=0)
    retry_share: Annotated[float | None, AfterValidator(_off)] = Field(default=0.5, ge=0, le=1)
    providers: dict[Annotated[str, Field(pattern=PROVIDER_PATTERN)], ProviderLimit] = Field(default_factory=dict)


class Preset(Part):
    """Everything a run is told."""

    name: str | None = Field(default=None, pattern=NAME_PATTERN)
    description: str = Field(default="", max_length=4000)
    documents: list[Document] = Field(min_length=1)
    generation: Generation | None = None
    single_eval: SingleEval | None = None
    pairwise_eval: PairwiseEval | None = None
    combine: Combine | None = None
    seed: int = Field(default=0, ge=0, le=2**31 - 1)
    """Of everything left to chance: the same seed, the same questions in the same order."""
    limits: Limits = Field(default_factory=Limits)

    def models(self) -> list[tuple[str, Model]]:
        """Every model with the path that names it, generators first."""
        parts: list[tuple[str, Sequence[Model]]] = [
            ("generation.models", self.generation.models if self.generation else ()),
            ("single_eval.judges", self.single_eval.judges if self.single_eval else ()),
            ("pairwise_eval.judges", self.pairwise_eval.judges if self.pairwise_eval else ()),
            ("combine.models", self.combine.models if self.combine else ()),
        ]
        return [(f"{path}[{index}]", model) for path, models in parts for index, model in enumerate(models)]

    def pair_criteria(self) -> Sequence[Criterion]:
        """What makes one document better than another; empty where the preset does not say."""
        if self.pairwise_eval and self.pairwise_eval.criteria:
            return self.pairwise_eval.criteria
        return self.single_eval.criteria if self.single_eval else ()

    def model_of(self, phase: PhaseName, index: int) -> Model:
        """The model a call of this phase asks; raises ``ValueError`` for a phase the preset does not have."""
        if phase == "generation" and self.generation:
            return self.generation.models[index]
        if phase == "single_eval" and self.single_eval:
            return self.single_eval.judges[index]
        if phase == "combine" and self.combine:
            return self.combine.models[index]
        if phase in ("pairwise_eval", "post_combine_eval") and self.pairwise_eval:
            return self.pairwise_eval.judges[index]
        raise ValueError(f"the preset has no {phase}")

    def limits_shown(self) -> dict[str, Any]:
        """The limits as ``run_planned`` states them."""
        return self.limits.model_dump(exclude_none=False)
