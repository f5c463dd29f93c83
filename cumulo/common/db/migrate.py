"""Bringing a database to the schema of this version, and telling whether it is there."""

import importlib
import os
import pkgutil

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from cumulo.common.db import tables
from cumulo.common.db.engine import Database


def load_tables() -> None:
    """Import every module of tables, so that the metadata is whole."""
    for module in pkgutil.iter_modules(tables.__path__):
        importlib.import_module(f"{tables.__name__}.{module.name}")


def alembic_config() -> Config:
    """Return Alembic's configuration for the migrations of this package."""
    config = Config()
    config.set_main_option("script_location", os.path.join(os.path.dirname(__file__), "migrations"))
    return config


def upgrade(database: Database) -> None:
    """Apply every migration the database lacks. On SQLite and PostgreSQL all of them or none."""
    config = alembic_config()
    with database.write() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def is_current(database: Database) -> bool:
    """Say whether the database has every migration of this version."""
    newest = ScriptDirectory.from_config(alembic_config()).get_current_head()
    with database.read() as connection:
        return _revision(connection) == newest


def _revision(connection: sa.Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()
