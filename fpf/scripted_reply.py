"""What the scripted provider says to a program that speaks OpenAI's interface: a script's text in that interface's form."""

import hashlib
from typing import Any

import msgspec

from shared.llm_call import LlmAnswer, LlmRequest, Passthrough

EMBEDDING_SIZE = 8
"""Numbers in an embedding. Its reader only needs equal texts to be equal and others to differ."""


def spoken_to(request: LlmRequest, asked: Passthrough) -> str:
    """All texts of the body's messages or inputs, a blank line between: what a rule's ``match`` looks at."""
    if asked.endpoint == "embeddings":
        return "\n\n".join(_inputs(asked.body))
    messages = asked.body.get("messages")
    texts = [_text(message.get("content")) for message in messages if isinstance(message, dict)] if messages else []
    return "\n\n".join([request.instructions, request.document, *texts]).strip()


def as_completion(answer: LlmAnswer, request: LlmRequest) -> LlmAnswer:
    """The answer as a Chat Completions reply, its tokens where that has them."""
    message = {"role": "assistant", "content": answer.text}
    return _replied(
        answer,
        {
            "id": "scripted",
            "object": "chat.completion",
            "created": 0,
            "model": request.model,
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        },
    )


def embeddings(request: LlmRequest, asked: Passthrough) -> LlmAnswer:
    """An embedding of each input, made of its hash, without any script. A token is four characters."""
    texts = _inputs(asked.body)
    data = [{"object": "embedding", "index": at, "embedding": _embedding(text)} for at, text in enumerate(texts)]
    tokens = sum(-(-len(text) // 4) for text in texts)
    answer = LlmAnswer(text="", duration_s=0.0, input_tokens=tokens, output_tokens=0)
    return _replied(answer, {"object": "list", "model": request.model, "data": data})


def _replied(answer: LlmAnswer, reply: dict[str, Any]) -> LlmAnswer:
    tokens_in, tokens_out = answer.input_tokens, answer.output_tokens
    if tokens_in is not None and tokens_out is not None:
        counted = {"prompt_tokens": tokens_in, "completion_tokens": tokens_out, "total_tokens": tokens_in + tokens_out}
        reply = {**reply, "usage": counted}
    return msgspec.structs.replace(answer, text=msgspec.json.encode(reply).decode())


def _inputs(body: dict[str, Any]) -> list[str]:
    given = body.get("input")
    return [str(part) for part in given] if isinstance(given, list) else [str(given or "")]


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    parts = [part.get("text") for part in content if isinstance(part, dict)] if isinstance(content, list) else []
    return "".join(part for part in parts if isinstance(part, str))


def _embedding(text: str) -> list[float]:
    digest = hashlib.sha256(text.encode(errors="surrogatepass")).digest()
    return [byte / 255 for byte in digest[:EMBEDDING_SIZE]]
