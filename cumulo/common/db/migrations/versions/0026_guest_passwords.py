"""The password that a guest made for itself."""

import sqlalchemy as sa
from alembic import op

revision = '0026'
down_revision = '0025'


def upgrade() -> None:
    """Change the schema."""
    op.add_column('server', sa.Column('guest_password', sa.String(1020)))
