"""Options of projects, domains and roles."""

import sqlalchemy as sa
from alembic import op

from cumulo.common.db.tables import base

revision = '0009'
down_revision = '0008'


def upgrade() -> None:
    """Change the schema."""
    for table in ('identity_domain', 'identity_project', 'identity_role'):
        op.add_column(table, sa.Column('options', base.JsonText(), nullable=True))
