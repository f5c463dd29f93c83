"""Kinds of routers that an administrator offers under names of his own.

    network_flavor           what users name when they create a router
    service_profile          one way to provide a service
    network_flavor_profile   which ways a flavor stands for; the oldest enabled one of them is taken
"""

import sqlalchemy as sa

from cumulo.common.db.tables.base import Id, Time, id_column, metadata

network_flavor = sa.Table(
    "network_flavor", metadata,
    id_column(),
    sa.Column("name", sa.String(255), nullable=False),
    sa.Column("description", sa.String(255), nullable=False),
    sa.Column("service_type", sa.String(32), nullable=False),
    sa.Column("enabled", sa.Boolean, nullable=False),
    sa.Column("created_at", Time, nullable=False),
    sa.Column("updated_at", Time, nullable=False),
    sa.Column("revision_number", sa.Integer, nullable=False),
)

service_profile = sa.Table(
    "service_profile", metadata,
    id_column(),
    sa.Column("description", sa.String(255), nullable=False),
    # The name of a service provider.
    sa.Column("driver", sa.String(64), nullable=False),
    sa.Column("metainfo", sa.String(1024), nullable=False),
    sa.Column("enabled", sa.Boolean, nullable=False),
    sa.Column("created_at", Time, nullable=False),
    sa.Column("updated_at", Time, nullable=False),
    sa.Column("revision_number", sa.Integer, nullable=False),
)

network_flavor_profile = sa.Table(
    "network_flavor_profile", metadata,
    sa.Column("flavor_id", Id, sa.ForeignKey("network_flavor.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("service_profile_id", Id, sa.ForeignKey("service_profile.id"), primary_key=True, index=True),
)
