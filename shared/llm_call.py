"""One question to an LLM and its answer, as the executor and ``fpf`` hand them to each other.

The executor writes ``Call``, ``Cancel`` and ``Ping`` lines to a worker's stdin; the worker answers with ``Ready``,
``Done``, ``Failed`` and ``Pong`` lines. One JSON object a line, told apart by ``op``. Prompts travel only here, never
through a command line; answers travel inline and are bounded by ``MAX_ANSWER_BYTES``.
"""

from typing import Any, Literal

import msgspec

from shared.failures import FailureKind, Sent

MAX_ANSWER_BYTES = 8 * 1024 * 1024
"""The largest body of a provider's answer that is read; a larger one is a ``server`` failure."""

MAX_LINE_BYTES = 72 * 1024 * 1024
"""The longest line of the worker protocol: a 32 MiB document, JSON-escaped, with room to spare."""

DEFAULT_MIN_BYTES = 3072
"""An answer shorter than this is refused by the ``fpf`` command unless told otherwise (0 = off)."""

JsonMode = Literal["schema", "object", "prompt"]
"""How a model is held to JSON: by a schema, by asking for any JSON object, or by the prompt alone."""


ReasoningEffort = Literal["none", "minimal", "low", "medium", "high", "xhigh"]
Api = Literal["chat", "responses"]
"""Which of OpenAI's two interfaces is asked."""

Endpoint = Literal["chat/completions", "embeddings"]
"""What an OpenAI-compatible provider can be asked in its own words."""


class Passthrough(msgspec.Struct, frozen=True, kw_only=True):
    """A request in the provider's own words, made by a program that speaks OpenAI's interface itself.

    ``body`` reaches the provider as it is, but for what is accounted: no streaming, the request's own model in a chat,
    one answer and no more tokens than the request allows, and the settings the request has. The answer's ``text`` is
    the provider's whole JSON reply; neither the size rule nor the JSON rule looks at it.
    """

    endpoint: Endpoint
    body: dict[str, Any]


class LlmRequest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One question. The prompt is the instructions, a blank line, the document.

    Or it is ``template``, with ``{{instructions}}`` and ``{{document}}`` in it replaced once each place they stand.
    With ``passthrough`` there is no prompt of ours: instructions and document are empty.
    """

    provider: str
    model: str
    instructions: str
    document: str
    timeout_s: float
    template: str | None = None
    json: bool = False
    json_mode: JsonMode = "schema"
    json_schema: dict[str, Any] | None = None
    min_bytes: int = 0
    temperature: float | None = None
    max_completion_tokens: int | None = None
    top_p: float | None = None
    seed: int | None = None
    stop: list[str] | None = None
    reasoning_effort: ReasoningEffort | None = None
    api: Api | None = None
    base_url: str | None = None
    passthrough: Passthrough | None = None


class LlmAnswer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An accepted answer; token counts are the provider's own, ``None`` where it gave none.

    Input includes what was read from or written to a cache, output what was thought and never shown: all that is
    billed. ``cached_tokens`` are those of the input that came from a cache and cost less, ``written_tokens`` those that
    were kept in one and may cost more; ``cost_usd`` is what the provider itself says the request cost, where it says
    so. ``billed_apart`` names what it states besides, with a price of its own that no count of tokens covers.
    """

    text: str
    duration_s: float
    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int | None = None
    written_tokens: int | None = None
    cost_usd: float | None = None
    billed_apart: tuple[str, ...] = ()


class LlmFailure(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A refused or missing answer, with what is known of it.

    ``text`` is the raw answer where there was one (kept for the person who asks why, never put into an event);
    ``message`` never holds a key or any part of the prompt. ``sent`` says whether the provider counted the request.
    """

    kind: FailureKind
    message: str
    sent: Sent
    duration_s: float = 0.0
    status: int | None = None
    retry_after_s: float | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int | None = None
    written_tokens: int | None = None
    cost_usd: float | None = None
    billed_apart: tuple[str, ...] = ()
    text: str | None = None


class Call(msgspec.Struct, frozen=True, tag_field="op", tag="call"):
    """Executor to worker: make this one request; ``id`` comes back with its end."""

    id: str
    request: LlmRequest


class Cancel(msgspec.Struct, frozen=True, tag_field="op", tag="cancel"):
    """Executor to worker: abort this request. It still ends, with ``Failed`` of kind ``cancelled``, or ``Done``."""

    id: str


class Ping(msgspec.Struct, frozen=True, tag_field="op", tag="ping"):
    """Executor to worker: are you there?"""

    n: int


class Ready(msgspec.Struct, frozen=True, tag_field="op", tag="ready"):
    """Worker to executor, once, first: it can take calls."""

    pid: int


class Done(msgspec.Struct, frozen=True, tag_field="op", tag="done"):
    """Worker to executor: the accepted answer."""

    id: str
    answer: LlmAnswer


class Failed(msgspec.Struct, frozen=True, tag_field="op", tag="failed"):
    """Worker to executor: no accepted answer, and why."""

    id: str
    failure: LlmFailure


class Pong(msgspec.Struct, frozen=True, tag_field="op", tag="pong"):
    """Worker to executor: the answer to ``Ping``; ``loop_lag_ms`` tells busy from hung."""

    n: int
    in_flight: int
    loop_lag_ms: float


ToWorker = Call | Cancel | Ping
FromWorker = Ready | Done | Failed | Pong

_encoder = msgspec.json.Encoder()
_to_worker: msgspec.json.Decoder[ToWorker] = msgspec.json.Decoder(ToWorker)
_from_worker: msgspec.json.Decoder[FromWorker] = msgspec.json.Decoder(FromWorker)


def encode_line(message: ToWorker | FromWorker) -> bytes:
    """The message as one line, newline included."""
    return _encoder.encode(message) + b"\n"


def decode_to_worker(line: bytes) -> ToWorker:
    """Read a line a worker was sent; raises ``msgspec.MsgspecError`` when it is none."""
    return _to_worker.decode(line)


def decode_from_worker(line: bytes) -> FromWorker:
    """Read a line a worker wrote; raises ``msgspec.MsgspecError`` when it is none."""
    return _from_worker.decode(line)
