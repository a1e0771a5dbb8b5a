"""Your own prices: a YAML file ``provider/model: {input_per_mtok, output_per_mtok}``, in dollars.

A file that is not as it should be ends the start: a price that is silently ignored is a wrong bill.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, TypeAdapter, ValidationError

from services.executor.core.presets.mistakes import mistakes_of
from services.executor.core.presets.preset import PROVIDER_PATTERN, Dollars, Price
from services.executor.core.presets.prices import ModelPrice, PriceKey, Rate, nano
from services.executor.core.presets.yaml_text import NotYaml, read_yaml

MAX_BYTES = 4 * 1024 * 1024


class PriceFileError(ValueError):
    """The file of prices cannot be used; the message names it, and every mistake in it."""


class _FilePrice(Price):
    cached_input_per_mtok: Dollars | None = None


def _name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError("must be a provider and a model, like openai/gpt-5-mini")
    return name


_NAME = re.compile(PROVIDER_PATTERN.strip("^$") + r"/[^\x00-\x1f]{1,150}")
_Name = Annotated[str, AfterValidator(_name)]
_FILE = TypeAdapter(dict[_Name, _FilePrice])


def read_price_file(path: Path | None) -> Mapping[PriceKey, ModelPrice]:
    """The prices in the file, none without one; raises ``PriceFileError``."""
    if path is None:
        return {}
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise _wrong(path, f"cannot be read: {error.strerror}") from error
    if len(raw) > MAX_BYTES:
        raise _wrong(path, f"is larger than {MAX_BYTES} bytes")
    try:
        value = read_yaml(raw)
    except NotYaml as error:
        raise _wrong(path, str(error)) from error
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise _wrong(path, "must be a list of names, `provider/model: {input_per_mtok: ..., output_per_mtok: ...}`")
    try:
        prices = _FILE.validate_python(value, strict=True)
    except ValidationError as error:
        found = [f"{mistake.path}: {mistake.message}" for mistake in mistakes_of(error)]
        raise _wrong(path, "; ".join(found)) from error
    return {_key(name): _price(price) for name, price in prices.items()}


def _wrong(path: Path, why: str) -> PriceFileError:
    return PriceFileError(f"ACM2_PRICES_FILE {path}: {why}")


def _key(name: str) -> PriceKey:
    provider, _, model = name.partition("/")
    return provider, model


def _price(price: _FilePrice) -> ModelPrice:
    cached = None if price.cached_input_per_mtok is None else Rate(nano(price.cached_input_per_mtok))
    return ModelPrice(Rate(nano(price.input_per_mtok)), Rate(nano(price.output_per_mtok)), cached, source="file")
