"""Where the ranges of subnets come from, and what a project may have.

    address_scope    addresses that are unique within it, and routed without translation
    subnet_pool      prefixes that subnets are cut from
    network_quota    what one project may have of one resource; what is not here follows the options
"""

import sqlalchemy as sa

from cumulo.common.db.tables.base import Id, Json, Time, id_column, metadata

address_scope = sa.Table(
    "address_scope", metadata,
    id_column(),
    sa.Column("project_id", Id, nullable=False, index=True),
    sa.Column("name", sa.String(255), nullable=False),
    sa.Column("ip_version", sa.Integer, nullable=False),
    sa.Column("shared", sa.Boolean, nullable=False),
    sa.Column("tags", Json, nullable=False),
    sa.Column("created_at", Time, nullable=False),
    sa.Column("updated_at", Time, nullable=False),
    sa.Column("revision_number", sa.Integer, nullable=False),
)

subnet_pool = sa.Table(
    "subnet_pool", metadata,
    id_column(),
    sa.Column("project_id", Id, nullable=False, index=True),
    sa.Column("name", sa.String(255), nullable=False),
    sa.Column("description", sa.String(255), nullable=False),
    sa.Column("ip_version", sa.Integer, nullable=False),
    # Of one version, in order, none within another.
    sa.Column("prefixes", Json, nullable=False),
    sa.Column("default_prefixlen", sa.Integer, nullable=False),
    sa.Column("min_prefixlen", sa.Integer, nullable=False),
    sa.Column("max_prefixlen", sa.Integer, nullable=False),
    # How much of it one project may take: addresses of IPv4, networks of 64 bits of IPv6. NULL: as much as there is.
    sa.Column("default_quota", sa.Integer),
    sa.Column("shared", sa.Boolean, nullable=False),
    # 4 or 6 for the pool that subnets of this version are cut from where none is named; NULL for all others.
    sa.Column("default_for", sa.Integer, unique=True),
    sa.Column("address_scope_id", Id, sa.ForeignKey("address_scope.id"), index=True),
    sa.Column("tags", Json, nullable=False),
    sa.Column("created_at", Time, nullable=False),
    sa.Column("updated_at", Time, nullable=False),
    sa.Column("revision_number", sa.Integer, nullable=False),
)

network_quota = sa.Table(
    "network_quota", metadata,
    sa.Column("project_id", Id, primary_key=True),
    sa.Column("resource", sa.String(64), primary_key=True),
    # -1: as much as there is.
    sa.Column("most", sa.Integer, nullable=False),
)
