"""What every provider's reply is looked at for, before anybody reads its own form."""

from typing import TypeVar

import msgspec

from fpf.providers.error_reply import parse_error
from fpf.providers.quoting import kept_text, without_key
from fpf.providers.usage import Usage, stated_usage
from fpf.wire import HttpCall, HttpReply
from shared.failures import FailureKind
from shared.llm_call import LlmAnswer, LlmFailure, LlmRequest

T = TypeVar("T")

Trouble = tuple[FailureKind, str]
"""What a provider itself says is wrong with an answer."""


def not_an_answer(reply: HttpReply, request: LlmRequest, call: HttpCall) -> LlmFailure | None:
    """The failure of a reply whose status says no or sends elsewhere; ``None`` for a 2xx."""
    if 300 <= reply.status < 400:
        message = f"{request.provider} answered {reply.status}: its address has moved, and redirects are not followed"
        return LlmFailure(kind=FailureKind.BAD_REQUEST, message=message, sent="yes", status=reply.status)
    if not 200 <= reply.status < 300:
        return parse_error(reply, request, call)
    return None


def unreadable(reply: HttpReply, request: LlmRequest, call: HttpCall, what: str) -> LlmFailure:
    """The failure of a 2xx with ``what`` in it: the server's fault, kept for the person who asks why; and its cost."""
    return LlmFailure(
        kind=FailureKind.SERVER,
        message=f"{request.provider} answered {reply.status} with {what} ({len(reply.body)} bytes)",
        sent="yes",
        status=reply.status,
        text=kept_text(reply.body, call.secret),
        **stated_usage(reply.body)._asdict(),
    )


def cut_off(request: LlmRequest, default_limit: int | None = None) -> str:
    """How an answer that reached its token limit is called."""
    limit = request.max_completion_tokens
    if limit is not None:
        return f"the answer was cut off at the {limit} tokens allowed"
    if default_limit is not None:
        return f"the answer was cut off at {default_limit} tokens, the limit where max_completion_tokens is not set"
    return "the answer was cut off at the model's own limit"


def read_body(
    decoder: msgspec.json.Decoder[T], reply: HttpReply, request: LlmRequest, call: HttpCall, what: str
) -> T | LlmFailure:
    """A 2xx body in the form the provider promises, called ``what``; else the failure."""
    failure = not_an_answer(reply, request, call)
    if failure is not None:
        return failure
    try:
        return decoder.decode(reply.body)
    except msgspec.ValidationError:
        return unreadable(reply, request, call, f"a body that is no {what}")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return unreadable(reply, request, call, "a body that is not JSON")


def settled(
    text: str, usage: Usage, trouble: Trouble | None, reply: HttpReply, call: HttpCall
) -> LlmAnswer | LlmFailure:
    """The answer, or the failure its provider itself says it is, with its text and its cost all the same."""
    text = without_key(text, call.secret)
    if trouble is None:
        return LlmAnswer(text=text, duration_s=0.0, **usage._asdict())
    kind, said = trouble
    return LlmFailure(kind=kind, message=said, sent="yes", status=reply.status, text=text or None, **usage._asdict())
