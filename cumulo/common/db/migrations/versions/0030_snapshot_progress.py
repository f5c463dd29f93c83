"""How far a snapshot is."""

import sqlalchemy as sa
from alembic import op

revision = '0030'
down_revision = '0029'


def upgrade() -> None:
    """Change the schema."""
    op.add_column('volume_snapshot', sa.Column('progress', sa.String(length=8), nullable=True))
