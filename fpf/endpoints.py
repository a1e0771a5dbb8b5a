"""Where a provider is and with which key: read from the environment, by the provider's name."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit, urlunsplit

from fpf.refusal import bad_request, refused
from shared.failures import FailureKind
from shared.llm_call import LlmFailure

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,63}")
_KEY = re.compile(r"[\x21-\x7e]+")
_MAX_TOKENS_FIELDS = ("max_tokens", "max_completion_tokens")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One provider's address and key, ready to be asked."""

    base_url: str
    key: str | None = field(repr=False)
    max_tokens_field: str
    """What this endpoint calls the limit on an answer's tokens."""

    def url(self, path: str) -> str:
        """The address to POST to: ``path`` below the base, whose query is kept."""
        parts = urlsplit(self.base_url)
        return urlunsplit((parts.scheme, parts.netloc, f"{parts.path.rstrip('/')}/{path}", parts.query, ""))


def find_endpoint(
    provider: str,
    environ: Mapping[str, str],
    *,
    max_tokens_field: str = "max_tokens",
    default_base_url: str | None = None,
    key_required: bool = False,
    variables: str | None = None,
) -> Endpoint | LlmFailure:
    """The endpoint of ``provider``: ``{NAME}_BASE_URL``, ``{NAME}_API_KEY`` and ``{NAME}_MAX_TOKENS_FIELD``.

    NAME is ``variables``, or the provider's, upper-cased, with ``_`` for ``-`` and ``.``. A missing or broken key is an ``auth``
    failure, everything else that is missing or wrong a ``bad_request``; each names the variable.
    """
    if _NAME.fullmatch(provider) is None:
        return bad_request("provider: a name is letters, digits, '.', '_' and '-', and begins with a letter")
    prefix = variables or provider.upper().replace("-", "_").replace(".", "_")
    key = environ.get(f"{prefix}_API_KEY", "").strip()
    if key_required and not key:
        return refused(FailureKind.AUTH, f"provider {provider} needs a key: set {prefix}_API_KEY")
    if key and _KEY.fullmatch(key) is None:
        return refused(FailureKind.AUTH, f"{prefix}_API_KEY holds characters that no key has")
    base_url = environ.get(f"{prefix}_BASE_URL", "").strip() or default_base_url
    if not base_url:
        return bad_request(
            f"provider {provider} is an OpenAI-compatible endpoint: set {prefix}_BASE_URL to its address"
        )
    field_name = environ.get(f"{prefix}_MAX_TOKENS_FIELD", "").strip() or max_tokens_field
    if field_name not in _MAX_TOKENS_FIELDS:
        return bad_request(f"{prefix}_MAX_TOKENS_FIELD must be {' or '.join(_MAX_TOKENS_FIELDS)}")
    if not is_usable_address(base_url):
        return bad_request(f"{prefix}_BASE_URL must be an http:// or https:// address without a user name in it")
    return Endpoint(base_url=base_url, key=key or None, max_tokens_field=field_name)


def is_usable_address(base_url: str) -> bool:
    """Whether a request can be sent below ``base_url``: http or https, a host, no user name, no white space."""
    try:
        parts = urlsplit(base_url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    return usable and "@" not in parts.netloc and not any(character.isspace() for character in base_url)
