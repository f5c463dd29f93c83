"""Where volumes move to, and how their last move went."""

import sqlalchemy as sa
from alembic import op

revision = '0042'
down_revision = '0041'


def upgrade() -> None:
    """Change the schema."""
    op.add_column('volume', sa.Column('moving_to', sa.String(length=255), nullable=True))
    op.add_column('volume', sa.Column('migration_status', sa.String(length=32), nullable=True))
    op.create_index(op.f('ix_volume_moving_to'), 'volume', ['moving_to'], unique=False)
