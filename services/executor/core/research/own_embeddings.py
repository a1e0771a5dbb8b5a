"""Embeddings without a model: texts that share words are alike.

For the embedded model and for providers nobody knows an embedding model of. They are computed here: no provider is
asked, nothing is counted or paid.
"""

import base64
import hashlib
import math
import re
import struct
from collections.abc import Sequence
from typing import Any

import msgspec

MODEL = "shared-words"
DIMENSIONS = 512
SIMILARITY_THRESHOLD = 0.0
"""Words that are shared are few in a long passage: what is nearest counts, however near that is."""

MODELS_SIMILARITY_THRESHOLD = 0.35
"""For a model's own embeddings; GPT Researcher's own choice."""

_WORD = re.compile(r"\w+")
_FEWEST_LETTERS = 3
_STEM_LETTERS = 6
"""Longer words are alike when they begin alike: bake, baked and baking differ behind it."""


def embedding(text: str) -> list[float]:
    """A unit vector; the same text gives the same one everywhere."""
    vector = [0.0] * DIMENSIONS
    for word in _WORD.findall(text.casefold()):
        if len(word) < _FEWEST_LETTERS:
            continue
        place = hashlib.blake2b(word[:_STEM_LETTERS].encode(), digest_size=4).digest()
        vector[int.from_bytes(place) % DIMENSIONS] += 1.0
    # A word said ten times is not ten times as telling.
    damped = [math.sqrt(count) for count in vector]
    length = math.sqrt(sum(value * value for value in damped))
    if length == 0.0:
        return [1.0] + [0.0] * (DIMENSIONS - 1)
    return [value / length for value in damped]


def embeddings_reply(body: dict[str, Any]) -> bytes | None:
    """The reply to a request for embeddings in OpenAI's words; None where the request holds no texts."""
    asked = body.get("input")
    texts: Sequence[Any] = [asked] if isinstance(asked, str) else asked if isinstance(asked, list) else []
    if not texts or not all(isinstance(text, str) for text in texts):
        return None
    packed = body.get("encoding_format") == "base64"
    data = [
        {"object": "embedding", "index": index, "embedding": _packed(vector) if packed else vector}
        for index, vector in enumerate(embedding(text) for text in texts)
    ]
    usage = {"prompt_tokens": 0, "total_tokens": 0}
    return msgspec.json.encode({"object": "list", "data": data, "model": MODEL, "usage": usage})


def _packed(vector: list[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()
