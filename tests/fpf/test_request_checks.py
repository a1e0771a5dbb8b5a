"""A request that cannot be sent is refused by the name of its field."""

import math
from typing import Any

import pytest

from fpf.request_checks import check_request
from shared.failures import FailureKind
from tests.fpf.builders import a_request


def test_a_plain_request_is_fine() -> None:
    assert check_request(a_request(temperature=0.0, max_completion_tokens=1, min_bytes=0)) is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("model", ""),
        ("timeout_s", 0.0),
        ("timeout_s", math.nan),
        ("timeout_s", math.inf),
        ("timeout_s", 1e300),
        ("max_completion_tokens", 10**30),
        ("temperature", -0.1),
        ("temperature", math.nan),
        ("max_completion_tokens", 0),
        ("min_bytes", -1),
        ("template", "only {{document}}"),
    ],
)
def test_what_cannot_be_sent_is_a_bad_request_that_names_the_field(field: str, value: Any) -> None:
    failure = check_request(a_request(**{field: value}))
    assert failure is not None
    assert failure.kind is FailureKind.BAD_REQUEST
    assert failure.sent == "no"
    assert failure.message.startswith(f"{field}: ")
