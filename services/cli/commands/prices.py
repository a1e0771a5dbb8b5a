"""``acm2 prices``: what models cost, and who says so."""

import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import anyio
import typer

from services.cli import options
from services.cli.clients.addresses import EXECUTOR_PORT, addresses
from services.cli.clients.executor_client import ExecutorClient, Json, executor_at
from services.cli.errors import WrongUsage
from services.cli.presets.preset_models import preset_models
from services.cli.showing.consoles import consoles, print_json
from services.cli.showing.price_table import price_table

_FILE_STARTS = ("/", "./", "../", "~")
_FILE_ENDINGS = (".yaml", ".yml", ".json")


def prices(
    *,
    named: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[PRESET | PROVIDER/MODEL | PROVIDER ...]",
            show_default="every price there is",
            help="A preset's name or file: what its models cost. Or models, or all of a provider's.",
        ),
    ] = None,
    json: options.Json = False,
    executor_url: options.ExecutorUrl = None,
    executor_port: options.ExecutorPort = EXECUTOR_PORT,
) -> None:
    """Say what models cost, in dollars per million tokens, and where the price comes from.

    A price nobody knows is unknown, never 0; asking for such a model by its name exits 64. Your own prices go into a
    preset (price:) or into the file ACM2_PRICES_FILE names, in the executor's environment.
    """
    found, unknown = anyio.run(_prices, addresses(executor_url, executor_port=executor_port).executor, named or [])
    if json:
        print_json(found)
    elif found:
        consoles().show([price_table(found)])
    if unknown:
        raise WrongUsage("; ".join(unknown))


async def _prices(url: str, named: Sequence[str]) -> tuple[list[Json], list[str]]:
    """The prices, and what was named but has none, each in words."""
    async with executor_at(url) as executor:
        if not named:
            return await executor.prices({}), []
        presets = {str(preset["name"]) for preset in await executor.presets()} if any(map(_is_word, named)) else set()
        found: list[Json] = []
        unknown: list[str] = []
        for name in named:
            rows = await _of_file(name, executor) if _is_file(name) else await executor.prices(_query(name, presets))
            found += [row for row in rows if row not in found]
            if not rows:
                unknown.append(f"there is no such model in the price list: {name}")
            unknown += [_why(row) for row in rows if _is_unpriced(row, name)]
        return found, unknown


async def _of_file(name: str, executor: ExecutorClient) -> list[Json]:
    """The prices of a preset file's models: its own where it has them, the executor's for the others."""
    reader = importlib.import_module("services.cli.presets.preset_file")
    rows: list[Json] = []
    for model in preset_models(reader.config_of(name, {})):
        asked = {"provider": str(model.get("provider")), "model": str(model.get("model"))}
        if isinstance(model.get("price"), dict):
            rows.append({**asked, **model["price"], "source": "preset"})
        else:
            rows += await executor.prices(asked)
    return rows


def _is_unpriced(row: Json, name: str) -> bool:
    """Whether this is the very model that was named, and nobody knows its price."""
    return f"{row.get('provider')}/{row.get('model')}" == name and row.get("input_per_mtok") is None


def _why(row: Json) -> str:
    why = row.get("reason")
    known = f"no price of {row.get('provider')}/{row.get('model')} is known"
    return f"{known}: {why}" if why else known


def _query(name: str, presets: set[str]) -> dict[str, str]:
    if _is_word(name):
        return {"preset": name} if name in presets else {"provider": name}
    provider, _, model = name.partition("/")
    return {"provider": provider, "model": model}


def _is_word(name: str) -> bool:
    return "/" not in name and not _is_file(name)


def _is_file(name: str) -> bool:
    """Whether a preset file is meant; ``openai/gpt-5`` has a slash and is a model, unless there is such a file."""
    return name.startswith(_FILE_STARTS) or name.endswith(_FILE_ENDINGS) or ("/" in name and Path(name).is_file())
