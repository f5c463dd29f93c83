"""Groups and what they may do, trees of projects, roles of a domain's own, and rules about passwords."""

import sqlalchemy as sa
from alembic import op

from cumulo.common.db.tables import base

revision = '0006'
down_revision = '0005'


def upgrade() -> None:
    """Change the schema."""
    op.create_table('identity_group',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('domain_id', sa.String(length=64), nullable=False),
    sa.Column('name', sa.String(length=64), nullable=False),
    sa.Column('description', base.LongText, nullable=False),
    sa.Column('extra', base.JsonText(), nullable=False),
    sa.Column('created_at', sa.Double(), nullable=False),
    sa.ForeignKeyConstraint(['domain_id'], ['identity_domain.id'], name=op.f('fk_identity_group_domain_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_identity_group')),
    sa.UniqueConstraint('domain_id', 'name', name=op.f('uq_identity_group_domain_id_name'))
    )
    op.create_table('identity_membership',
    sa.Column('group_id', sa.String(length=64), nullable=False),
    sa.Column('user_id', sa.String(length=64), nullable=False),
    sa.ForeignKeyConstraint(['group_id'], ['identity_group.id'], name=op.f('fk_identity_membership_group_id')),
    sa.ForeignKeyConstraint(['user_id'], ['identity_user.id'], name=op.f('fk_identity_membership_user_id')),
    sa.PrimaryKeyConstraint('group_id', 'user_id', name=op.f('pk_identity_membership'))
    )
    op.create_index(op.f('ix_identity_membership_user_id'), 'identity_membership', ['user_id'])
    op.create_table('identity_group_assignment',
    sa.Column('group_id', sa.String(length=64), nullable=False),
    sa.Column('target_kind', sa.String(length=16), nullable=False),
    sa.Column('target_id', sa.String(length=64), nullable=False),
    sa.Column('role_id', sa.String(length=64), nullable=False),
    sa.ForeignKeyConstraint(['group_id'], ['identity_group.id'], name=op.f('fk_identity_group_assignment_group_id')),
    sa.ForeignKeyConstraint(['role_id'], ['identity_role.id'], name=op.f('fk_identity_group_assignment_role_id')),
    sa.PrimaryKeyConstraint('group_id', 'target_kind', 'target_id', 'role_id',
                            name=op.f('pk_identity_group_assignment'))
    )
    op.create_index('ix_identity_group_assignment_role', 'identity_group_assignment', ['role_id'])
    op.create_index('ix_identity_group_assignment_target', 'identity_group_assignment', ['target_kind', 'target_id'])
    op.create_table('identity_former_password',
    sa.Column('user_id', sa.String(length=64), nullable=False),
    sa.Column('number', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('password_hash', sa.String(length=128), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['identity_user.id'], name=op.f('fk_identity_former_password_user_id')),
    sa.PrimaryKeyConstraint('user_id', 'number', name=op.f('pk_identity_former_password'))
    )
    op.add_column('identity_user', sa.Column('password_expires_at', sa.Double(), nullable=True))
    op.add_column('identity_user', sa.Column('password_is_own', sa.Boolean(), nullable=False,
                                             server_default=sa.false()))
    op.add_column('identity_user', sa.Column('options', base.JsonText(), nullable=True))
    op.add_column('identity_user', sa.Column('failed_logins', sa.Integer(), nullable=False, server_default='0'))
    op.add_column('identity_user', sa.Column('failed_login_at', sa.Double(), nullable=True))
    op.add_column('identity_user', sa.Column('last_active_at', sa.Double(), nullable=True))
    op.add_column('identity_project', sa.Column('parent_id', sa.String(length=64), nullable=True))
    op.create_index(op.f('ix_identity_project_parent_id'), 'identity_project', ['parent_id'])
    if op.get_bind().dialect.name == 'sqlite':
        _make_roles_anew()
    else:
        op.add_column('identity_role', sa.Column('domain_id', sa.String(length=64), nullable=False, server_default=''))
        op.drop_constraint('uq_identity_role_name', 'identity_role', type_='unique')
        op.create_unique_constraint('uq_identity_role_domain_id_name', 'identity_role', ['domain_id', 'name'])


def _make_roles_anew() -> None:
    """SQLite drops no constraint of a table: the table is dropped, and what refers to it holds until all is there.

    What goes with a role goes with the table too, and is put back.
    """
    op.execute('PRAGMA defer_foreign_keys=ON')
    op.execute('CREATE TEMPORARY TABLE kept_role AS SELECT id, name, description, created_at FROM identity_role')
    op.execute('CREATE TEMPORARY TABLE kept_credential_role AS SELECT credential_id, role_id '
               'FROM identity_application_credential_role')
    op.drop_table('identity_role')
    op.create_table('identity_role',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('name', sa.String(length=255), nullable=False),
    sa.Column('description', base.LongText, nullable=True),
    sa.Column('created_at', sa.Double(), nullable=False),
    sa.Column('domain_id', sa.String(length=64), nullable=False, server_default=''),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_identity_role')),
    sa.UniqueConstraint('domain_id', 'name', name=op.f('uq_identity_role_domain_id_name'))
    )
    op.execute('INSERT INTO identity_role (id, name, description, created_at) '
               'SELECT id, name, description, created_at FROM kept_role')
    op.execute('INSERT INTO identity_application_credential_role (credential_id, role_id) '
               'SELECT credential_id, role_id FROM kept_credential_role')
    op.execute('DROP TABLE kept_role')
    op.execute('DROP TABLE kept_credential_role')
