"""What leads from a host's networks to other hosts."""

import sqlalchemy as sa
from alembic import op

revision = '0029'
down_revision = '0028'


def upgrade() -> None:
    """Change the schema."""
    op.add_column('network_host', sa.Column('mechanism', sa.String(length=32), server_default='linuxbridge', nullable=False))
