"""Security groups: what a port lets in and out, and named sets of addresses that rules may speak of.

    security_group            one set of rules of a project; `default_of` marks the group that a project always has
    security_group_rule       one thing that the group lets through
    port_security_group       which groups a port is in
    address_group             a named set of ranges
    address_group_address     one range of it

A rule that is there twice would be removed by half: `signature` is all that a rule lets through, as one text, and
unique within the group. So is `default_of`, which makes two first requests of a project agree on one default group.
"""

import sqlalchemy as sa

from cumulo.common.db.tables.base import Id, Json, Time, id_column, metadata

security_group = sa.Table(
    "security_group", metadata,
    id_column(),
    sa.Column("project_id", Id, nullable=False, index=True),
    sa.Column("name", sa.String(255), nullable=False),
    sa.Column("description", sa.String(255), nullable=False),
    # The project whose default group this is; NULL for all other groups.
    sa.Column("default_of", Id, unique=True),
    sa.Column("stateful", sa.Boolean, nullable=False),
    sa.Column("shared", sa.Boolean, nullable=False),
    sa.Column("tags", Json, nullable=False),
    sa.Column("created_at", Time, nullable=False),
    sa.Column("updated_at", Time, nullable=False),
    sa.Column("revision_number", sa.Integer, nullable=False),
)

address_group = sa.Table(
    "address_group", metadata,
    id_column(),
    sa.Column("project_id", Id, nullable=False, index=True),
    sa.Column("name", sa.String(255), nullable=False),
    sa.Column("description", sa.String(255), nullable=False),
    sa.Column("shared", sa.Boolean, nullable=False),
    sa.Column("tags", Json, nullable=False),
    sa.Column("created_at", Time, nullable=False),
    sa.Column("updated_at", Time, nullable=False),
    sa.Column("revision_number", sa.Integer, nullable=False),
)

address_group_address = sa.Table(
    "address_group_address", metadata,
    sa.Column("address_group_id", Id, sa.ForeignKey("address_group.id", ondelete="CASCADE"), primary_key=True),
    # Always with its length: 10.0.0.1/32.
    sa.Column("address", sa.String(64), primary_key=True),
)

security_group_rule = sa.Table(
    "security_group_rule", metadata,
    id_column(),
    sa.Column("security_group_id", Id, sa.ForeignKey("security_group.id", ondelete="CASCADE"), nullable=False,
              index=True),
    sa.Column("project_id", Id, nullable=False, index=True),
    sa.Column("description", sa.String(255), nullable=False),
    # ingress or egress; IPv4 or IPv6.
    sa.Column("direction", sa.String(8), nullable=False),
    sa.Column("ethertype", sa.String(8), nullable=False),
    # As it was asked for: a name or a number as text; NULL is every protocol. Ports of ICMP are its type and code.
    sa.Column("protocol", sa.String(40)),
    sa.Column("port_range_min", sa.Integer),
    sa.Column("port_range_max", sa.Integer),
    sa.Column("remote_group_id", Id, sa.ForeignKey("security_group.id", ondelete="CASCADE"), index=True),
    sa.Column("remote_address_group_id", Id, sa.ForeignKey("address_group.id"), index=True),
    # As it was asked for; normalized_cidr is the range it stands for.
    sa.Column("remote_ip_prefix", sa.String(64)),
    sa.Column("normalized_cidr", sa.String(64)),
    sa.Column("signature", sa.String(255), nullable=False),
    sa.Column("created_at", Time, nullable=False),
    sa.Column("updated_at", Time, nullable=False),
    sa.Column("revision_number", sa.Integer, nullable=False),
    sa.UniqueConstraint("security_group_id", "signature"),
)

port_security_group = sa.Table(
    "port_security_group", metadata,
    sa.Column("port_id", Id, sa.ForeignKey("port.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("security_group_id", Id, sa.ForeignKey("security_group.id"), primary_key=True, index=True),
)
