"""What hosts that were down may still have of servers."""

import sqlalchemy as sa
from alembic import op

revision = '0035'
down_revision = '0034'


def upgrade() -> None:
    """Change the schema."""
    op.create_table(
        'host_leftover',
        sa.Column('id', sa.String(length=64), nullable=False),
        sa.Column('host', sa.String(length=255), nullable=False),
        sa.Column('server_id', sa.String(length=64), nullable=False),
        sa.Column('created_at', sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_host_leftover')),
        sa.UniqueConstraint('server_id', 'host', name=op.f('uq_host_leftover_server_id_host')),
    )
