"""What the executor can be told, besides what both services can."""

import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from services.process.settings import TELEMETRY_PORT, Settings

FEWEST_WORKERS = 2
AUTO_RESUME_S = 15 * 60.0

_UNIT_S = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}
_DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?)([smh]?)")


def _default_workers() -> int:
    return max(FEWEST_WORKERS, os.cpu_count() or 1)


class Config(Settings):
    """The executor's settings; ``ACM2_<FIELD>`` each."""

    telemetry_url: str = f"http://127.0.0.1:{TELEMETRY_PORT}"
    presets_dir: Path | None = None
    """Your own presets, looked at before the built-in ones; default: ``presets`` in the data folder."""
    library_dir: Path | None = None
    """Instructions, criteria and documents presets refer to by name; default: ``library`` in the data folder."""
    prices_file: Path | None = None
    """Your own prices, before those of the list: ``provider/model: {input_per_mtok, output_per_mtok}``."""
    documents_dir: Path | None = None
    """The only folder a config sent over HTTP may name files in."""
    gpt_researcher_python: Path | None = None
    """The Python of the environment GPT Researcher is installed in; default: what ``make gpt-researcher`` makes."""
    workers: int = Field(default_factory=_default_workers, ge=1, le=64)
    """How many worker processes make the requests."""
    retry_base_s: float = Field(default=0.5, gt=0, le=60)
    """The pause after a first failure lies between 0 and this; it doubles with each further one."""

    auto_resume: float = Field(default=AUTO_RESUME_S, ge=0, allow_inf_nan=False)
    """How old, in seconds, an interruption may be at the start for its run to go on by itself; 0 for never."""

    @property
    def port(self) -> int:
        """Where to listen; 0 lets the system choose."""
        return self.executor_port

    @field_validator("auto_resume", mode="before")
    @classmethod
    def _is_duration(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        match = _DURATION.fullmatch(value.strip())
        if match is None:
            raise ValueError("must be seconds, or a number with a unit like 90s, 15m or 2h; 0 for never")
        return float(match[1]) * _UNIT_S[match[2]]

    @field_validator("telemetry_url")
    @classmethod
    def _is_base_url(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("must be an absolute URL like http://127.0.0.1:8003")
        return value.rstrip("/")
