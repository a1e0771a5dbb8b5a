"""The embedded model, through its own server on loopback: needs no key and nothing installed besides this project."""

from collections.abc import Mapping

import msgspec

from fpf.endpoints import Endpoint, is_usable_address
from fpf.providers.chat_request import chat_call
from fpf.refusal import bad_request
from fpf.wire import HttpCall
from shared.llm_call import LlmFailure, LlmRequest

MODEL = "smollm2-135m"

DEFAULT_MAX_TOKENS = 1024
"""A model this small can ramble until its context is full; nobody waits for that unasked."""

# One JSON object of any shape, with bounds on everything that could go on for ever: its members, its depth, its
# strings. In the language of llama.cpp's grammars.
_ANY_OBJECT = r"""
root ::= "{" ws member ("," ws member){0,11} ws "}"
member ::= string ":" ws value
value ::= scalar | array | object
array ::= "[" ws (scalar ("," ws scalar){0,7})? ws "]"
object ::= "{" ws (string ":" ws scalar ("," ws string ":" ws scalar){0,7})? ws "}"
scalar ::= string | number | "true" | "false" | "null"
string ::= "\"" ([^"\\\x00-\x1F\x7F] | "\\" ["\\/bfnrt]){0,120} "\""
number ::= "-"? ("0" | [1-9] [0-9]{0,8}) ("." [0-9]{1,4})?
ws ::= " "?
"""


def build(request: LlmRequest, environ: Mapping[str, str]) -> HttpCall | LlmFailure:
    """A request to the model server at the request's ``base_url``, else at ``LOCAL_BASE_URL``."""
    if request.model != MODEL:
        return bad_request(f"provider local has the model {MODEL}, and no other")
    base_url = request.base_url or environ.get("LOCAL_BASE_URL", "").strip()
    if not base_url:
        return bad_request("provider local needs its model server: start `fpf local-server`, set LOCAL_BASE_URL")
    if not is_usable_address(base_url):
        return bad_request("the address of the local model server must begin with http://")
    if request.passthrough is not None and request.passthrough.endpoint == "embeddings":
        return bad_request("passthrough: provider local has no embeddings")
    limited = msgspec.structs.replace(
        request, max_completion_tokens=request.max_completion_tokens or DEFAULT_MAX_TOKENS
    )
    endpoint = Endpoint(base_url=base_url, key=None, max_tokens_field="max_tokens")
    # The server gives each open connection a thread of its own: an idle one would keep others waiting.
    return chat_call(limited, endpoint, headers={"Connection": "close"}, object_grammar=_ANY_OBJECT)
