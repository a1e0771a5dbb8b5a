"""What each provider is to the rest: two pure functions."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from fpf.wire import HttpCall, HttpReply
from shared.llm_call import LlmAnswer, LlmFailure, LlmRequest

Build = Callable[[LlmRequest, Mapping[str, str]], HttpCall | LlmFailure]
"""A request and the environment make the one call to send, or say why there is none."""

Parse = Callable[[HttpReply, LlmRequest, HttpCall], LlmAnswer | LlmFailure]
"""A reply makes an answer (not yet judged by size or form), or a failure with its kind."""


class Provider(NamedTuple):
    """How one provider is asked and understood."""

    build: Build
    parse: Parse
