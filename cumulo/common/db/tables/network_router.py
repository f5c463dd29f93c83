"""Routers, floating addresses and what is forwarded from one of their ports.

    auto_allocated_topology   the network and router that the cloud made for a project that asked for them
    router            its interfaces are ports with device_owner network:router_interface and its id as device_id
    floating_ip       an address of an external network that stands for a port's
    port_forwarding   one port of a floating address that stands for a port of a server

A floating address holds its address by a port of the external network, as everything does that has an address.
"""

import sqlalchemy as sa

from cumulo.common.db.tables.base import Id, Json, Time, id_column, metadata

router = sa.Table(
    "router", metadata,
    id_column(),
    sa.Column("project_id", Id, nullable=False, index=True),
    sa.Column("name", sa.String(255), nullable=False),
    sa.Column("description", sa.String(255), nullable=False),
    sa.Column("admin_state_up", sa.Boolean, nullable=False),
    # The way out: a network that is external, the router's port there, and whether addresses are translated.
    sa.Column("external_network_id", Id, sa.ForeignKey("network.id"), index=True),
    sa.Column("gateway_port_id", Id, sa.ForeignKey("port.id"), unique=True),
    sa.Column("enable_snat", sa.Boolean, nullable=False),
    # The host that translates for servers without a floating address; the control plane moves it. "": none yet.
    sa.Column("gateway_host", sa.String(255), nullable=False, index=True),
    # The host that watches that one, and takes over at once when it is gone. "": there is no second one.
    sa.Column("standby_host", sa.String(255), server_default="", nullable=False, index=True),
    # Hosts that an administrator took its gateway from: none of them is chosen again.
    sa.Column("refused_hosts", Json),
    # Floating addresses are answered where their servers are; false: where the gateway is.
    sa.Column("distributed", sa.Boolean, nullable=False, server_default=sa.true()),
    # Another host becomes its gateway when that one is gone.
    sa.Column("ha", sa.Boolean, nullable=False, server_default=sa.true()),
    # What the administrator calls its kind; what that came to stands in `distributed`.
    sa.Column("flavor_id", Id, index=True),
    # [{"destination", "nexthop"}]
    sa.Column("routes", Json, nullable=False),
    sa.Column("availability_zone_hints", Json, nullable=False),
    sa.Column("tags", Json, nullable=False),
    sa.Column("created_at", Time, nullable=False),
    sa.Column("updated_at", Time, nullable=False),
    sa.Column("revision_number", sa.Integer, nullable=False),
)

auto_allocated_topology = sa.Table(
    "auto_allocated_topology", metadata,
    sa.Column("project_id", Id, primary_key=True),
    sa.Column("network_id", Id, sa.ForeignKey("network.id"), nullable=False, index=True),
    sa.Column("router_id", Id, sa.ForeignKey("router.id"), nullable=False, index=True),
)

floating_ip = sa.Table(
    "floating_ip", metadata,
    id_column(),
    sa.Column("project_id", Id, nullable=False, index=True),
    sa.Column("description", sa.String(255), nullable=False),
    sa.Column("floating_network_id", Id, sa.ForeignKey("network.id"), nullable=False, index=True),
    sa.Column("floating_ip_address", sa.String(64), nullable=False, index=True),
    sa.Column("floating_port_id", Id, sa.ForeignKey("port.id"), nullable=False, unique=True),
    # What it stands for, and the router on the way there; NULL while it stands for nothing.
    sa.Column("port_id", Id, sa.ForeignKey("port.id"), index=True),
    sa.Column("fixed_ip_address", sa.String(64)),
    sa.Column("router_id", Id, sa.ForeignKey("router.id"), index=True),
    sa.Column("dns_name", sa.String(255), nullable=False),
    sa.Column("dns_domain", sa.String(255), nullable=False),
    sa.Column("qos_policy_id", Id, sa.ForeignKey("qos_policy.id"), index=True),
    sa.Column("tags", Json, nullable=False),
    sa.Column("created_at", Time, nullable=False),
    sa.Column("updated_at", Time, nullable=False),
    sa.Column("revision_number", sa.Integer, nullable=False),
    # An address has one way in from each external network.
    sa.UniqueConstraint("floating_network_id", "port_id", "fixed_ip_address", name="uq_floating_ip_stands_for"),
)

port_forwarding = sa.Table(
    "port_forwarding", metadata,
    id_column(),
    sa.Column("floating_ip_id", Id, sa.ForeignKey("floating_ip.id", ondelete="CASCADE"), nullable=False),
    sa.Column("description", sa.String(255), nullable=False),
    sa.Column("protocol", sa.String(8), nullable=False),
    sa.Column("external_port", sa.Integer, nullable=False),
    sa.Column("internal_port_id", Id, sa.ForeignKey("port.id"), nullable=False, index=True),
    sa.Column("internal_ip_address", sa.String(64), nullable=False),
    sa.Column("internal_port", sa.Integer, nullable=False),
    sa.Column("created_at", Time, nullable=False),
    sa.Column("updated_at", Time, nullable=False),
    sa.Column("revision_number", sa.Integer, nullable=False),
    sa.UniqueConstraint("floating_ip_id", "protocol", "external_port", name="uq_port_forwarding_external"),
    sa.UniqueConstraint("floating_ip_id", "protocol", "internal_port_id", "internal_ip_address", "internal_port",
                        name="uq_port_forwarding_internal"),
)
