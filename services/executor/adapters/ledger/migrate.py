"""An older ledger brought to this program's version."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

_SCRIPTS = Path(__file__).parent / "migrations"


def migrate(connection: Connection, version: int) -> None:
    """Run every script after ``version`` inside the connection's transaction. The first version has no script."""
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.stamp(config, "base" if version == 1 else f"{version:04}")
    command.upgrade(config, "head")
