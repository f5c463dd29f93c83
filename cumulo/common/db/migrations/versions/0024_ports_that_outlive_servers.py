"""Ports that were there before the server they were given to, and stay when it goes."""

import sqlalchemy as sa
from alembic import op

revision = '0024'
down_revision = '0023'


def upgrade() -> None:
    """Change the schema."""
    op.add_column('port', sa.Column('outlives_device', sa.Boolean(), server_default=sa.false(), nullable=False))
