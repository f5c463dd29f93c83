"""Long operations, and what each of their steps did.

An operation row is the truth about a long change: which flow, which step is
next, who may write (`epoch`), until when (`leased_until`), and the JSON state
that later steps and undos need. `active_key` holds the resource's id while the
operation is unfinished and NULL afterwards; its unique index is the lock that
admits one operation per resource.
"""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text

from cumulo.common.db.tables.base import Id, Json, Time, id_column, metadata

operation = Table(
    "operation",
    metadata,
    id_column(),
    Column("flow", String(64), nullable=False),
    Column("phase", String(16), nullable=False),  # doing | undoing | done | undone | stuck
    Column("cursor", Integer, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("leased_until", Time, nullable=False),
    Column("due", Time, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("state", Json, nullable=False),
    Column("error", Text, nullable=True),
    Column("cancel", Boolean, nullable=False),
    Column("percent", Integer, nullable=False),
    Column("resource_type", String(64), nullable=False),
    Column("resource_id", Id, nullable=False),
    Column("active_key", Id, nullable=True, unique=True),
    Column("project_id", Id, nullable=True),
    Column("user_id", Id, nullable=True),
    Column("request_id", Id, nullable=False),
    Column("action", String(64), nullable=False),
    Column("deadline", Time, nullable=False),
    Column("created_at", Time, nullable=False),
    Column("updated_at", Time, nullable=False),
    Column("finished_at", Time, nullable=True),
    Index("operation_by_due", "phase", "due"),
    Index("operation_by_flow", "flow", "created_at"),
    Index("operation_by_resource", "resource_id", "created_at"),
)

operation_event = Table(
    "operation_event",
    metadata,
    # BigInteger would not auto-increment on SQLite, which wants INTEGER.
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("operation_id", Id, ForeignKey("operation.id", ondelete="CASCADE"), nullable=False),
    Column("step", String(64), nullable=False),
    Column("undo", Boolean, nullable=False),
    Column("host", String(255), nullable=True),
    Column("started_at", Time, nullable=False),
    Column("finished_at", Time, nullable=True),
    Column("result", Text, nullable=True),  # NULL while it runs, "Success", else what went wrong
    Index("operation_event_by_step", "operation_id", "step", "undo", unique=True),
)
