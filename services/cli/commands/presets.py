"""``acm2 presets``: what the executor can be told to run by name; one of them as a file; keeping and deleting your own."""

import importlib
import sys
from typing import Annotated

import anyio
import typer
import yaml

from services.cli import options
from services.cli.clients.addresses import EXECUTOR_PORT, addresses
from services.cli.clients.executor_client import Json, executor_at
from services.cli.errors import WrongUsage
from services.cli.presets.preset_input import looks_like_path
from services.cli.showing.consoles import consoles, print_json
from services.cli.showing.run_table import preset_table

_LINE_CHARS = 120


def presets(
    *,
    name: Annotated[
        str | None,
        typer.Argument(metavar="[NAME]", show_default="a list", help="Print this preset, as a file is written."),
    ] = None,
    put: Annotated[
        str | None,
        typer.Option(
            "--put",
            metavar="FILE",
            envvar="ACM2_PUT",
            show_default=False,
            help="Keep this file at the executor, comments and all, under NAME or the name in it. Where it names files "
            "of this machine, their texts are put into it, and its comments are left out.",
        ),
    ] = None,
    remove: Annotated[
        bool,
        typer.Option("--rm", envvar="ACM2_RM", help="Delete the preset NAME; those that ship with the program stay."),
    ] = False,
    json: options.Json = False,
    executor_url: options.ExecutorUrl = None,
    executor_port: options.ExecutorPort = EXECUTOR_PORT,
) -> None:
    """List the presets the executor knows, print one, keep one there, or delete one."""
    url = addresses(executor_url, executor_port=executor_port).executor
    if put is not None and remove:
        raise WrongUsage("--put and --rm do not go together")
    if put is not None:
        _keep(url, put, name, json=json)
    elif remove:
        if name is None:
            raise WrongUsage("--rm needs the NAME of a preset")
        anyio.run(_remove, url, name)
        if json:
            print_json({"deleted": [name]})
        else:
            consoles().result(f"{name}: deleted")
    elif name is not None:
        _print(anyio.run(_one, url, name), json=json)
    else:
        _list(anyio.run(_all, url), json=json)


def _keep(url: str, file: str, name: str | None, *, json: bool) -> None:
    reader = importlib.import_module("services.cli.presets.preset_file")
    kept = reader.to_keep(file if looks_like_path(file) else f"./{file}", name)
    new = anyio.run(_put, url, kept.name, kept.text, kept.content_type)
    if json:
        print_json({"name": kept.name, "new": new, "keeps_comments": kept.keeps_comments})
        return
    shown = consoles()
    shown.result(f"{kept.name}: {'kept' if new else 'replaced'}")
    if not kept.keeps_comments:
        shown.note("what it names on this machine is now in it; its comments are only in your file")


def _list(found: list[Json], *, json: bool) -> None:
    if json:
        print_json(found)
    else:
        consoles().show([preset_table(found)])


def _print(preset: Json, *, json: bool) -> None:
    if json:
        print_json(preset)
        return
    yaml.dump(preset, sys.stdout, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=_LINE_CHARS)


class _Plain(yaml.SafeDumper):
    """Texts of several lines as people write them."""

    def represent_text(self, text: str) -> yaml.ScalarNode:
        """A text, in lines where it has lines."""
        return self.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Plain.add_representer(str, _Plain.represent_text)


async def _all(url: str) -> list[Json]:
    async with executor_at(url) as executor:
        return await executor.presets()


async def _one(url: str, name: str) -> Json:
    async with executor_at(url) as executor:
        return await executor.preset(name)


async def _put(url: str, name: str, text: bytes, content_type: str) -> bool:
    async with executor_at(url) as executor:
        return await executor.put_preset(name, text, content_type)


async def _remove(url: str, name: str) -> None:
    async with executor_at(url) as executor:
        await executor.remove_preset(name)
