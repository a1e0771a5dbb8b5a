from pathlib import Path

import pytest
from pydantic import ValidationError

from services.process.settings import OpenHostError, Settings


def test_all_mistakes_are_reported_together() -> None:
    with pytest.raises(ValidationError) as caught:
        Settings(telemetry_port=70_000, public_url="acm2.example.org")
    assert {error["loc"][0] for error in caught.value.errors()} == {"telemetry_port", "public_url"}


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACM2_ALLOWED_HOSTS", "telemetry, stats.example.org")
    monkeypatch.setenv("ACM2_DATA_DIR", "/tmp/somewhere")
    settings = Settings()
    assert settings.allowed_hosts == {"telemetry", "stats.example.org"}
    assert settings.data_dir == Path("/tmp/somewhere")


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.4", "::", "acm2.example.org"])
def test_a_host_others_can_reach_is_refused_with_the_way_out(host: str) -> None:
    with pytest.raises(OpenHostError, match="--insecure"):
        Settings(host=host).check_host()
    Settings(host=host, insecure=True).check_host()
