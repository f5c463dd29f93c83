"""What a server that moves holds besides its claim, and the image of one that is shelved."""

import sqlalchemy as sa
from alembic import op

from cumulo.common.db.tables.base import Id, Json, Time

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    """Make the table, and the column of servers."""
    op.create_table(
        "server_move",
        sa.Column("server_id", Id, primary_key=True),
        sa.Column("host", sa.String(255), nullable=False),
        sa.Column("vcpus", sa.Integer, nullable=False),
        sa.Column("memory_mib", sa.Integer, nullable=False),
        sa.Column("disk_gib", sa.Integer, nullable=False),
        sa.Column("flavor_id", sa.String(255), nullable=False),
        sa.Column("flavor", Json, nullable=False),
        sa.Column("created_at", Time, nullable=False),
    )
    op.create_index(op.f("ix_server_move_host"), "server_move", ["host"])
    op.add_column("server", sa.Column("shelved_image_id", Id))
