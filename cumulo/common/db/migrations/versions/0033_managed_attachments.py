"""Attachments that operations of servers make."""

import sqlalchemy as sa
from alembic import op

revision = '0033'
down_revision = '0032'


def upgrade() -> None:
    """Change the schema."""
    op.add_column('volume_attachment', sa.Column('managed', sa.Boolean(), server_default=sa.false(), nullable=False))
