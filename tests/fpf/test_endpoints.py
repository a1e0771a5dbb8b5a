"""Where a provider is, from its name and the environment; what is missing is named."""

import pytest

from fpf.endpoints import Endpoint, find_endpoint, is_usable_address
from shared.failures import FailureKind
from shared.llm_call import LlmFailure


def found(provider: str, **environ: str) -> Endpoint | LlmFailure:
    return find_endpoint(provider, environ, max_tokens_field="max_tokens")


def test_a_name_reads_its_own_variables() -> None:
    endpoint = found("my-lab.2", MY_LAB_2_BASE_URL="https://lab.example/v1/", MY_LAB_2_API_KEY=" k-1 ")
    assert endpoint == Endpoint("https://lab.example/v1/", "k-1", "max_tokens")
    assert endpoint.url("chat/completions") == "https://lab.example/v1/chat/completions"


def test_a_key_is_optional_for_a_compatible_endpoint() -> None:
    endpoint = found("mylab", MYLAB_BASE_URL="http://127.0.0.1:8000/v1")
    assert isinstance(endpoint, Endpoint)
    assert endpoint.key is None


def test_a_missing_address_names_its_variable() -> None:
    failure = found("mylab")
    assert isinstance(failure, LlmFailure)
    assert failure.kind is FailureKind.BAD_REQUEST
    assert "MYLAB_BASE_URL" in failure.message


def test_a_missing_key_names_its_variable() -> None:
    failure = find_endpoint(
        "openai", {}, max_tokens_field="max_tokens", default_base_url="https://x/v1", key_required=True
    )
    assert isinstance(failure, LlmFailure)
    assert (failure.kind, failure.sent) == (FailureKind.AUTH, "no")
    assert "OPENAI_API_KEY" in failure.message


@pytest.mark.parametrize("key", ["two words", "line\nbreak", "naïve"])
def test_a_key_that_would_break_a_header_is_refused_and_not_shown(key: str) -> None:
    failure = found("mylab", MYLAB_BASE_URL="http://h/v1", MYLAB_API_KEY=key)
    assert isinstance(failure, LlmFailure)
    assert failure.kind is FailureKind.AUTH
    assert key not in failure.message


@pytest.mark.parametrize("name", ["", "../x", "a b", "-a", "1lab", "ä", "a" * 65])
def test_a_name_no_variable_can_have_is_refused(name: str) -> None:
    failure = found(name)
    assert isinstance(failure, LlmFailure)
    assert failure.message.startswith("provider: ")


def test_the_token_limit_may_be_called_otherwise() -> None:
    endpoint = found("mylab", MYLAB_BASE_URL="http://h/v1", MYLAB_MAX_TOKENS_FIELD="max_completion_tokens")
    assert isinstance(endpoint, Endpoint)
    assert endpoint.max_tokens_field == "max_completion_tokens"
    assert isinstance(found("mylab", MYLAB_BASE_URL="http://h/v1", MYLAB_MAX_TOKENS_FIELD="n"), LlmFailure)


@pytest.mark.parametrize(
    ("base_url", "chat_url"),
    [
        ("http://127.0.0.1:8000/v1", "http://127.0.0.1:8000/v1/chat/completions"),
        ("http://[::1]:8000", "http://[::1]:8000/chat/completions"),
        ("https://h/openai/?api-version=1", "https://h/openai/chat/completions?api-version=1"),
        ("ftp://h/v1", None),
        ("h/v1", None),
        ("http://", None),
        ("http://user:pass@h/v1", None),
        ("http://h:99999/v1", None),
        ("http://[::1/v1", None),
        ("http://h /v1", None),
    ],
)
def test_only_a_plain_http_address_is_one(base_url: str, chat_url: str | None) -> None:
    assert is_usable_address(base_url) == (chat_url is not None)
    if chat_url is not None:
        assert Endpoint(base_url, None, "max_tokens").url("chat/completions") == chat_url


def test_a_key_is_in_no_repr() -> None:
    assert "s3cret" not in repr(found("mylab", MYLAB_BASE_URL="http://h/v1", MYLAB_API_KEY="s3cret"))
