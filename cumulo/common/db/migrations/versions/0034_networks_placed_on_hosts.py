"""Networks that hosts have although nothing of them is there, and hosts that get no gateways."""

import sqlalchemy as sa
from alembic import op

revision = '0034'
down_revision = '0033'


def upgrade() -> None:
    """Change the schema."""
    op.create_table('network_placement',
    sa.Column('network_id', sa.String(length=64), nullable=False),
    sa.Column('host', sa.String(length=255), nullable=False),
    sa.ForeignKeyConstraint(['network_id'], ['network.id'], name=op.f('fk_network_placement_network_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('network_id', 'host', name=op.f('pk_network_placement'))
    )
    op.create_index(op.f('ix_network_placement_host'), 'network_placement', ['host'], unique=False)
    op.add_column('network_host', sa.Column('admin_state_up', sa.Boolean(), server_default=sa.true(), nullable=False))
