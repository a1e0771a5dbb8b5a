"""One call from request to outcome: check, build, send once, read, accept."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import msgspec

from fpf.abort import Abort
from fpf.acceptance import accept
from fpf.providers.registry import find_provider
from fpf.request_checks import check_request
from fpf.scripted import Scripts
from fpf.transport import HttpSender
from shared.llm_call import LlmAnswer, LlmFailure, LlmRequest

Outcome = LlmAnswer | LlmFailure


@dataclass(frozen=True, slots=True)
class Means:
    """What a call needs from its process. ``clock`` gives seconds that only ever grow."""

    sender: HttpSender
    scripts: Scripts
    environ: Mapping[str, str] = field(repr=False)
    clock: Callable[[], float]


async def run_call(request: LlmRequest, means: Means, abort: Abort) -> Outcome:
    """The accepted answer, or why there is none; never more than one request. Expected trouble is never raised."""
    begun_s = means.clock()
    outcome = check_request(request) or await _ask(request, means, abort)
    if isinstance(outcome, LlmAnswer):
        outcome = accept(outcome, request)
    return msgspec.structs.replace(outcome, duration_s=round(means.clock() - begun_s, 6))


async def _ask(request: LlmRequest, means: Means, abort: Abort) -> Outcome:
    if request.provider == "scripted":
        return await means.scripts.play(request, means.environ, abort)
    provider = find_provider(request)
    if isinstance(provider, LlmFailure):
        return provider
    call = provider.build(request, means.environ)
    if isinstance(call, LlmFailure):
        return call
    reply = await means.sender.send(call, abort)
    return reply if isinstance(reply, LlmFailure) else provider.parse(reply, request, call)
