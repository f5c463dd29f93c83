"""What servers boot from, and the sizes of their own disks."""

import sqlalchemy as sa
from alembic import op

from cumulo.common.db.tables import base

revision = '0041'
down_revision = '0040'


def upgrade() -> None:
    """Change the schema."""
    op.add_column('volume_attachment', sa.Column('boot_index', sa.Integer(), nullable=True))
    op.add_column('volume_attachment', sa.Column('disk_bus', sa.String(length=16), nullable=True))
    op.add_column('server', sa.Column('local_disks', base.JsonText(), nullable=True))
