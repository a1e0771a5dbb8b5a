"""Paths with what a person typed in them: escaped, so that an odd id asks for that id and nothing else."""

from urllib.parse import quote

from shared import paths


def path(template: str, **values: str) -> str:
    """The path of ``shared.paths`` with its placeholders filled."""
    return paths.fill(template, **{name: quote(value, safe="") for name, value in values.items()})
