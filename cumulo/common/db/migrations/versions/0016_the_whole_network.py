"""Security groups, routers, floating addresses, pools and quotas, sharing, trunks and quality of service.

What is there goes on as it was: ports filter nothing, and every flat network keeps its physical network.
"""

import sqlalchemy as sa
from alembic import op

from cumulo.common.db.tables import base

revision = '0016'
down_revision = '0015'


def upgrade() -> None:
    """Change the schema."""
    if op.get_bind().dialect.name == 'sqlite':
        _make_networks_anew()
    else:
        op.drop_constraint('uq_network_provider_physical_network', 'network', type_='unique')
    op.create_table('address_group',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('project_id', sa.String(length=64), nullable=False),
    sa.Column('name', sa.String(length=255), nullable=False),
    sa.Column('description', sa.String(length=255), nullable=False),
    sa.Column('shared', sa.Boolean(), nullable=False),
    sa.Column('tags', base.JsonText(), nullable=False),
    sa.Column('created_at', sa.Double(), nullable=False),
    sa.Column('updated_at', sa.Double(), nullable=False),
    sa.Column('revision_number', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_address_group'))
    )
    op.create_index(op.f('ix_address_group_project_id'), 'address_group', ['project_id'], unique=False)
    op.create_table('address_scope',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('project_id', sa.String(length=64), nullable=False),
    sa.Column('name', sa.String(length=255), nullable=False),
    sa.Column('ip_version', sa.Integer(), nullable=False),
    sa.Column('shared', sa.Boolean(), nullable=False),
    sa.Column('tags', base.JsonText(), nullable=False),
    sa.Column('created_at', sa.Double(), nullable=False),
    sa.Column('updated_at', sa.Double(), nullable=False),
    sa.Column('revision_number', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_address_scope'))
    )
    op.create_index(op.f('ix_address_scope_project_id'), 'address_scope', ['project_id'], unique=False)
    op.create_table('network_quota',
    sa.Column('project_id', sa.String(length=64), nullable=False),
    sa.Column('resource', sa.String(length=64), nullable=False),
    sa.Column('most', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('project_id', 'resource', name=op.f('pk_network_quota'))
    )
    op.create_table('qos_policy',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('project_id', sa.String(length=64), nullable=False),
    sa.Column('name', sa.String(length=255), nullable=False),
    sa.Column('description', sa.String(length=255), nullable=False),
    sa.Column('shared', sa.Boolean(), nullable=False),
    sa.Column('default_of', sa.String(length=64), nullable=True),
    sa.Column('tags', base.JsonText(), nullable=False),
    sa.Column('created_at', sa.Double(), nullable=False),
    sa.Column('updated_at', sa.Double(), nullable=False),
    sa.Column('revision_number', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_qos_policy')),
    sa.UniqueConstraint('default_of', name=op.f('uq_qos_policy_default_of'))
    )
    op.create_index(op.f('ix_qos_policy_project_id'), 'qos_policy', ['project_id'], unique=False)
    op.create_table('rbac_policy',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('project_id', sa.String(length=64), nullable=False),
    sa.Column('object_type', sa.String(length=32), nullable=False),
    sa.Column('object_id', sa.String(length=64), nullable=False),
    sa.Column('action', sa.String(length=32), nullable=False),
    sa.Column('target_project', sa.String(length=64), nullable=False),
    sa.Column('created_at', sa.Double(), nullable=False),
    sa.Column('updated_at', sa.Double(), nullable=False),
    sa.Column('revision_number', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_rbac_policy')),
    sa.UniqueConstraint('object_id', 'target_project', 'action', name=op.f('uq_rbac_policy_object_id_target_project_action'))
    )
    op.create_index(op.f('ix_rbac_policy_project_id'), 'rbac_policy', ['project_id'], unique=False)
    op.create_index(op.f('ix_rbac_policy_target_project'), 'rbac_policy', ['target_project'], unique=False)
    op.create_table('security_group',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('project_id', sa.String(length=64), nullable=False),
    sa.Column('name', sa.String(length=255), nullable=False),
    sa.Column('description', sa.String(length=255), nullable=False),
    sa.Column('default_of', sa.String(length=64), nullable=True),
    sa.Column('stateful', sa.Boolean(), nullable=False),
    sa.Column('shared', sa.Boolean(), nullable=False),
    sa.Column('tags', base.JsonText(), nullable=False),
    sa.Column('created_at', sa.Double(), nullable=False),
    sa.Column('updated_at', sa.Double(), nullable=False),
    sa.Column('revision_number', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_security_group')),
    sa.UniqueConstraint('default_of', name=op.f('uq_security_group_default_of'))
    )
    op.create_index(op.f('ix_security_group_project_id'), 'security_group', ['project_id'], unique=False)
    op.create_table('address_group_address',
    sa.Column('address_group_id', sa.String(length=64), nullable=False),
    sa.Column('address', sa.String(length=64), nullable=False),
    sa.ForeignKeyConstraint(['address_group_id'], ['address_group.id'], name=op.f('fk_address_group_address_address_group_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('address_group_id', 'address', name=op.f('pk_address_group_address'))
    )
    op.create_table('network_segment',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('network_id', sa.String(length=64), nullable=False),
    sa.Column('name', sa.String(length=255), nullable=False),
    sa.Column('description', sa.String(length=255), nullable=False),
    sa.Column('network_type', sa.String(length=16), nullable=False),
    sa.Column('physical_network', sa.String(length=64), nullable=False),
    sa.Column('segmentation_id', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.Double(), nullable=False),
    sa.Column('updated_at', sa.Double(), nullable=False),
    sa.Column('revision_number', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['network_id'], ['network.id'], name=op.f('fk_network_segment_network_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_network_segment')),
    sa.UniqueConstraint('network_type', 'physical_network', 'segmentation_id', name='uq_network_segment_place')
    )
    op.create_index(op.f('ix_network_segment_network_id'), 'network_segment', ['network_id'], unique=False)
    op.create_table('qos_rule',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('qos_policy_id', sa.String(length=64), nullable=False),
    sa.Column('kind', sa.String(length=32), nullable=False),
    sa.Column('direction', sa.String(length=8), nullable=False),
    sa.Column('settings', base.JsonText(), nullable=False),
    sa.ForeignKeyConstraint(['qos_policy_id'], ['qos_policy.id'], name=op.f('fk_qos_rule_qos_policy_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_qos_rule')),
    sa.UniqueConstraint('qos_policy_id', 'kind', 'direction', name=op.f('uq_qos_rule_qos_policy_id_kind_direction'))
    )
    op.create_table('security_group_rule',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('security_group_id', sa.String(length=64), nullable=False),
    sa.Column('project_id', sa.String(length=64), nullable=False),
    sa.Column('description', sa.String(length=255), nullable=False),
    sa.Column('direction', sa.String(length=8), nullable=False),
    sa.Column('ethertype', sa.String(length=8), nullable=False),
    sa.Column('protocol', sa.String(length=40), nullable=True),
    sa.Column('port_range_min', sa.Integer(), nullable=True),
    sa.Column('port_range_max', sa.Integer(), nullable=True),
    sa.Column('remote_group_id', sa.String(length=64), nullable=True),
    sa.Column('remote_address_group_id', sa.String(length=64), nullable=True),
    sa.Column('remote_ip_prefix', sa.String(length=64), nullable=True),
    sa.Column('normalized_cidr', sa.String(length=64), nullable=True),
    sa.Column('signature', sa.String(length=255), nullable=False),
    sa.Column('created_at', sa.Double(), nullable=False),
    sa.Column('updated_at', sa.Double(), nullable=False),
    sa.Column('revision_number', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['remote_address_group_id'], ['address_group.id'], name=op.f('fk_security_group_rule_remote_address_group_id')),
    sa.ForeignKeyConstraint(['remote_group_id'], ['security_group.id'], name=op.f('fk_security_group_rule_remote_group_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['security_group_id'], ['security_group.id'], name=op.f('fk_security_group_rule_security_group_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_security_group_rule')),
    sa.UniqueConstraint('security_group_id', 'signature', name=op.f('uq_security_group_rule_security_group_id_signature'))
    )
    op.create_index(op.f('ix_security_group_rule_project_id'), 'security_group_rule', ['project_id'], unique=False)
    op.create_index(op.f('ix_security_group_rule_remote_address_group_id'), 'security_group_rule', ['remote_address_group_id'], unique=False)
    op.create_index(op.f('ix_security_group_rule_remote_group_id'), 'security_group_rule', ['remote_group_id'], unique=False)
    op.create_index(op.f('ix_security_group_rule_security_group_id'), 'security_group_rule', ['security_group_id'], unique=False)
    op.create_table('subnet_pool',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('project_id', sa.String(length=64), nullable=False),
    sa.Column('name', sa.String(length=255), nullable=False),
    sa.Column('description', sa.String(length=255), nullable=False),
    sa.Column('ip_version', sa.Integer(), nullable=False),
    sa.Column('prefixes', base.JsonText(), nullable=False),
    sa.Column('default_prefixlen', sa.Integer(), nullable=False),
    sa.Column('min_prefixlen', sa.Integer(), nullable=False),
    sa.Column('max_prefixlen', sa.Integer(), nullable=False),
    sa.Column('default_quota', sa.Integer(), nullable=True),
    sa.Column('shared', sa.Boolean(), nullable=False),
    sa.Column('default_for', sa.Integer(), nullable=True),
    sa.Column('address_scope_id', sa.String(length=64), nullable=True),
    sa.Column('tags', base.JsonText(), nullable=False),
    sa.Column('created_at', sa.Double(), nullable=False),
    sa.Column('updated_at', sa.Double(), nullable=False),
    sa.Column('revision_number', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['address_scope_id'], ['address_scope.id'], name=op.f('fk_subnet_pool_address_scope_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_subnet_pool')),
    sa.UniqueConstraint('default_for', name=op.f('uq_subnet_pool_default_for'))
    )
    op.create_index(op.f('ix_subnet_pool_address_scope_id'), 'subnet_pool', ['address_scope_id'], unique=False)
    op.create_index(op.f('ix_subnet_pool_project_id'), 'subnet_pool', ['project_id'], unique=False)
    op.create_table('port_binding',
    sa.Column('port_id', sa.String(length=64), nullable=False),
    sa.Column('host', sa.String(length=255), nullable=False),
    sa.Column('vnic_type', sa.String(length=32), nullable=False),
    sa.Column('profile', base.JsonText(), nullable=False),
    sa.Column('created_at', sa.Double(), nullable=False),
    sa.ForeignKeyConstraint(['port_id'], ['port.id'], name=op.f('fk_port_binding_port_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('port_id', 'host', name=op.f('pk_port_binding'))
    )
    op.create_table('port_security_group',
    sa.Column('port_id', sa.String(length=64), nullable=False),
    sa.Column('security_group_id', sa.String(length=64), nullable=False),
    sa.ForeignKeyConstraint(['port_id'], ['port.id'], name=op.f('fk_port_security_group_port_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['security_group_id'], ['security_group.id'], name=op.f('fk_port_security_group_security_group_id')),
    sa.PrimaryKeyConstraint('port_id', 'security_group_id', name=op.f('pk_port_security_group'))
    )
    op.create_index(op.f('ix_port_security_group_security_group_id'), 'port_security_group', ['security_group_id'], unique=False)
    op.create_table('router',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('project_id', sa.String(length=64), nullable=False),
    sa.Column('name', sa.String(length=255), nullable=False),
    sa.Column('description', sa.String(length=255), nullable=False),
    sa.Column('admin_state_up', sa.Boolean(), nullable=False),
    sa.Column('external_network_id', sa.String(length=64), nullable=True),
    sa.Column('gateway_port_id', sa.String(length=64), nullable=True),
    sa.Column('enable_snat', sa.Boolean(), nullable=False),
    sa.Column('gateway_host', sa.String(length=255), nullable=False),
    sa.Column('routes', base.JsonText(), nullable=False),
    sa.Column('availability_zone_hints', base.JsonText(), nullable=False),
    sa.Column('tags', base.JsonText(), nullable=False),
    sa.Column('created_at', sa.Double(), nullable=False),
    sa.Column('updated_at', sa.Double(), nullable=False),
    sa.Column('revision_number', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['external_network_id'], ['network.id'], name=op.f('fk_router_external_network_id')),
    sa.ForeignKeyConstraint(['gateway_port_id'], ['port.id'], name=op.f('fk_router_gateway_port_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_router')),
    sa.UniqueConstraint('gateway_port_id', name=op.f('uq_router_gateway_port_id'))
    )
    op.create_index(op.f('ix_router_external_network_id'), 'router', ['external_network_id'], unique=False)
    op.create_index(op.f('ix_router_gateway_host'), 'router', ['gateway_host'], unique=False)
    op.create_index(op.f('ix_router_project_id'), 'router', ['project_id'], unique=False)
    op.create_table('trunk',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('project_id', sa.String(length=64), nullable=False),
    sa.Column('name', sa.String(length=255), nullable=False),
    sa.Column('description', sa.String(length=255), nullable=False),
    sa.Column('admin_state_up', sa.Boolean(), nullable=False),
    sa.Column('port_id', sa.String(length=64), nullable=False),
    sa.Column('tags', base.JsonText(), nullable=False),
    sa.Column('created_at', sa.Double(), nullable=False),
    sa.Column('updated_at', sa.Double(), nullable=False),
    sa.Column('revision_number', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['port_id'], ['port.id'], name=op.f('fk_trunk_port_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_trunk')),
    sa.UniqueConstraint('port_id', name=op.f('uq_trunk_port_id'))
    )
    op.create_index(op.f('ix_trunk_project_id'), 'trunk', ['project_id'], unique=False)
    op.create_table('floating_ip',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('project_id', sa.String(length=64), nullable=False),
    sa.Column('description', sa.String(length=255), nullable=False),
    sa.Column('floating_network_id', sa.String(length=64), nullable=False),
    sa.Column('floating_ip_address', sa.String(length=64), nullable=False),
    sa.Column('floating_port_id', sa.String(length=64), nullable=False),
    sa.Column('port_id', sa.String(length=64), nullable=True),
    sa.Column('fixed_ip_address', sa.String(length=64), nullable=True),
    sa.Column('router_id', sa.String(length=64), nullable=True),
    sa.Column('dns_name', sa.String(length=255), nullable=False),
    sa.Column('dns_domain', sa.String(length=255), nullable=False),
    sa.Column('qos_policy_id', sa.String(length=64), nullable=True),
    sa.Column('tags', base.JsonText(), nullable=False),
    sa.Column('created_at', sa.Double(), nullable=False),
    sa.Column('updated_at', sa.Double(), nullable=False),
    sa.Column('revision_number', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['floating_network_id'], ['network.id'], name=op.f('fk_floating_ip_floating_network_id')),
    sa.ForeignKeyConstraint(['floating_port_id'], ['port.id'], name=op.f('fk_floating_ip_floating_port_id')),
    sa.ForeignKeyConstraint(['port_id'], ['port.id'], name=op.f('fk_floating_ip_port_id')),
    sa.ForeignKeyConstraint(['qos_policy_id'], ['qos_policy.id'], name=op.f('fk_floating_ip_qos_policy_id')),
    sa.ForeignKeyConstraint(['router_id'], ['router.id'], name=op.f('fk_floating_ip_router_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_floating_ip')),
    sa.UniqueConstraint('floating_network_id', 'port_id', 'fixed_ip_address', name='uq_floating_ip_stands_for'),
    sa.UniqueConstraint('floating_port_id', name=op.f('uq_floating_ip_floating_port_id'))
    )
    op.create_index(op.f('ix_floating_ip_floating_ip_address'), 'floating_ip', ['floating_ip_address'], unique=False)
    op.create_index(op.f('ix_floating_ip_floating_network_id'), 'floating_ip', ['floating_network_id'], unique=False)
    op.create_index(op.f('ix_floating_ip_port_id'), 'floating_ip', ['port_id'], unique=False)
    op.create_index(op.f('ix_floating_ip_project_id'), 'floating_ip', ['project_id'], unique=False)
    op.create_index(op.f('ix_floating_ip_qos_policy_id'), 'floating_ip', ['qos_policy_id'], unique=False)
    op.create_index(op.f('ix_floating_ip_router_id'), 'floating_ip', ['router_id'], unique=False)
    op.create_table('trunk_subport',
    sa.Column('port_id', sa.String(length=64), nullable=False),
    sa.Column('trunk_id', sa.String(length=64), nullable=False),
    sa.Column('segmentation_type', sa.String(length=16), nullable=False),
    sa.Column('segmentation_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['port_id'], ['port.id'], name=op.f('fk_trunk_subport_port_id')),
    sa.ForeignKeyConstraint(['trunk_id'], ['trunk.id'], name=op.f('fk_trunk_subport_trunk_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('port_id', name=op.f('pk_trunk_subport')),
    sa.UniqueConstraint('trunk_id', 'segmentation_id', name=op.f('uq_trunk_subport_trunk_id_segmentation_id'))
    )
    op.create_table('port_forwarding',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('floating_ip_id', sa.String(length=64), nullable=False),
    sa.Column('description', sa.String(length=255), nullable=False),
    sa.Column('protocol', sa.String(length=8), nullable=False),
    sa.Column('external_port', sa.Integer(), nullable=False),
    sa.Column('internal_port_id', sa.String(length=64), nullable=False),
    sa.Column('internal_ip_address', sa.String(length=64), nullable=False),
    sa.Column('internal_port', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.Double(), nullable=False),
    sa.Column('updated_at', sa.Double(), nullable=False),
    sa.Column('revision_number', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['floating_ip_id'], ['floating_ip.id'], name=op.f('fk_port_forwarding_floating_ip_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['internal_port_id'], ['port.id'], name=op.f('fk_port_forwarding_internal_port_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_port_forwarding')),
    sa.UniqueConstraint('floating_ip_id', 'protocol', 'external_port', name='uq_port_forwarding_external'),
    sa.UniqueConstraint('floating_ip_id', 'protocol', 'internal_port_id', 'internal_ip_address', 'internal_port', name='uq_port_forwarding_internal')
    )
    op.create_index(op.f('ix_port_forwarding_internal_port_id'), 'port_forwarding', ['internal_port_id'], unique=False)
    op.add_column('network', sa.Column('provider_segmentation_id', sa.Integer(), nullable=True))
    op.add_column('network', sa.Column('port_security_enabled', sa.Boolean(), server_default=sa.true(), nullable=False))
    op.add_column('network', sa.Column('is_default', sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column('network', sa.Column('dns_domain', sa.String(length=255), server_default='', nullable=False))
    op.add_column('network', sa.Column('qos_policy_id', sa.String(length=64), nullable=True))
    op.add_column('network', sa.Column('availability_zone_hints', base.JsonText(), nullable=True))
    op.add_column('network', sa.Column('tags', base.JsonText(), nullable=True))
    op.create_index(op.f('ix_network_qos_policy_id'), 'network', ['qos_policy_id'], unique=False)
    op.add_column('port', sa.Column('port_security_enabled', sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column('port', sa.Column('allowed_address_pairs', base.JsonText(), nullable=True))
    op.add_column('port', sa.Column('extra_dhcp_opts', base.JsonText(), nullable=True))
    op.add_column('port', sa.Column('dns_name', sa.String(length=255), server_default='', nullable=False))
    op.add_column('port', sa.Column('dns_domain', sa.String(length=255), server_default='', nullable=False))
    op.add_column('port', sa.Column('qos_policy_id', sa.String(length=64), nullable=True))
    op.add_column('port', sa.Column('tags', base.JsonText(), nullable=True))
    op.create_index(op.f('ix_port_qos_policy_id'), 'port', ['qos_policy_id'], unique=False)
    op.add_column('subnet', sa.Column('ipv6_ra_mode', sa.String(length=32), nullable=True))
    op.add_column('subnet', sa.Column('ipv6_address_mode', sa.String(length=32), nullable=True))
    op.add_column('subnet', sa.Column('subnet_pool_id', sa.String(length=64), nullable=True))
    op.add_column('subnet', sa.Column('service_types', base.JsonText(), nullable=True))
    op.add_column('subnet', sa.Column('tags', base.JsonText(), nullable=True))
    op.create_index(op.f('ix_subnet_subnet_pool_id'), 'subnet', ['subnet_pool_id'], unique=False)
    op.execute("INSERT INTO network_segment (id, network_id, name, description, network_type, physical_network, "
               "segmentation_id, created_at, updated_at, revision_number) "
               "SELECT id, id, '', '', provider_network_type, provider_physical_network, 0, created_at, updated_at, 1 "
               "FROM network WHERE provider_physical_network IS NOT NULL")


def _make_networks_anew() -> None:
    """SQLite drops no constraint of a table: the table is dropped, and what refers to it holds until all is there."""
    op.execute('PRAGMA defer_foreign_keys=ON')
    op.execute('CREATE TEMPORARY TABLE kept_network AS SELECT * FROM network')
    op.drop_table('network')
    op.create_table('network',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('project_id', sa.String(length=64), nullable=False),
    sa.Column('name', sa.String(length=255), nullable=False),
    sa.Column('description', sa.String(length=255), nullable=False),
    sa.Column('admin_state_up', sa.Boolean(), nullable=False),
    sa.Column('shared', sa.Boolean(), nullable=False),
    sa.Column('external', sa.Boolean(), nullable=False),
    sa.Column('mtu', sa.Integer(), nullable=False),
    sa.Column('provider_network_type', sa.String(length=16), nullable=False),
    sa.Column('provider_physical_network', sa.String(length=64), nullable=True),
    sa.Column('created_at', sa.Double(), nullable=False),
    sa.Column('updated_at', sa.Double(), nullable=False),
    sa.Column('revision_number', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_network'))
    )
    op.create_index(op.f('ix_network_project_id'), 'network', ['project_id'], unique=False)
    op.execute('INSERT INTO network SELECT * FROM kept_network')
    op.execute('DROP TABLE kept_network')
