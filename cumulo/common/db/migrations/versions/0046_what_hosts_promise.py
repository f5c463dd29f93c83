"""What hosts can promise to ports."""

import sqlalchemy as sa
from alembic import op

from cumulo.common.db.tables import base

revision = '0046'
down_revision = '0045'


def upgrade() -> None:
    """Change the schema."""
    op.add_column('network_host', sa.Column('offers', base.JsonText(), nullable=True))
