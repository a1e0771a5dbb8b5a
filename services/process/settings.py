"""Settings both services share, from options and ``ACM2_*`` variables, checked once, all mistakes together."""

from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import platformdirs
from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from services.process.guard import Door, is_loopback

EXECUTOR_PORT = 8002
TELEMETRY_PORT = 8003


def default_data_dir() -> Path:
    """The user's data folder (XDG)."""
    return Path(platformdirs.user_data_dir("acm2", appauthor=False))


class OpenHostError(ValueError):
    """A host others can reach was asked for, and nothing would keep them out."""


class Settings(BaseSettings):
    """What every service can be told. A field is the environment variable ``ACM2_<FIELD>``."""

    model_config = SettingsConfigDict(env_prefix="ACM2_", frozen=True, extra="ignore", populate_by_name=True)

    host: str = "127.0.0.1"
    data_dir: Path = Field(default_factory=default_data_dir)
    log_level: str = "warning"
    insecure: bool = False
    executor_port: int = Field(default=EXECUTOR_PORT, ge=0, le=65535)
    telemetry_port: int = Field(default=TELEMETRY_PORT, ge=0, le=65535)
    public_url: str | None = None
    """The executor's address as browsers see it; default: the request's host."""
    telemetry_public_url: str | None = None
    """Telemetry's address as browsers see it."""
    allowed_hosts: Annotated[frozenset[str], NoDecode] = frozenset()
    cors_origins: Annotated[frozenset[str] | None, NoDecode] = None

    @field_validator("allowed_hosts", "cors_origins", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        if isinstance(value, str):
            return frozenset(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("public_url", "telemetry_public_url")
    @classmethod
    def _is_address(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("must be an absolute URL like https://acm2.example.org")
        return value.rstrip("/")

    def check_host(self) -> None:
        """Raise ``OpenHostError`` when others could reach the service and nothing keeps them out."""
        if not is_loopback(self.host) and not self.insecure:
            raise OpenHostError(
                f"--host {self.host} can be reached from other machines and no token is set. "
                "Use --host 127.0.0.1 behind a proxy, or --insecure if the network around it is trusted."
            )

    def door(self, *, cors_writes: bool = False) -> Door:
        """What the guard lets in, under these settings."""
        public = [url for url in (self.public_url, self.telemetry_public_url) if url]
        names = {(urlsplit(url).hostname or "").lower() for url in public}
        return Door(
            hosts=frozenset(names | {self.host.lower()} | {name.lower() for name in self.allowed_hosts}),
            cors_origins=self.cors_origins,
            also=frozenset(f"{urlsplit(url).scheme}://{urlsplit(url).netloc}" for url in public),
            cors_writes=cors_writes,
        )
