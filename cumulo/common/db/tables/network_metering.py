"""What is counted of the traffic of routers.

    metering_label         what a project's routers count under one name
    metering_label_rule    which traffic that is
"""

import sqlalchemy as sa

from cumulo.common.db.tables.base import Id, Time, id_column, metadata

metering_label = sa.Table(
    "metering_label", metadata,
    id_column(),
    sa.Column("project_id", Id, nullable=False, index=True),
    sa.Column("name", sa.String(255), nullable=False),
    sa.Column("description", sa.String(255), nullable=False),
    # It counts for the routers of every project.
    sa.Column("shared", sa.Boolean, nullable=False),
    sa.Column("created_at", Time, nullable=False),
)

metering_label_rule = sa.Table(
    "metering_label_rule", metadata,
    id_column(),
    sa.Column("metering_label_id", Id, sa.ForeignKey("metering_label.id", ondelete="CASCADE"), nullable=False, index=True),
    # ingress or egress, as seen from behind the router.
    sa.Column("direction", sa.String(8), nullable=False),
    # What is excluded is not counted, whatever else counts it.
    sa.Column("excluded", sa.Boolean, nullable=False),
    # Ranges as they were normalized; NULL: any.
    sa.Column("remote_ip_prefix", sa.String(64)),
    sa.Column("source_ip_prefix", sa.String(64)),
    sa.Column("destination_ip_prefix", sa.String(64)),
    sa.Column("created_at", Time, nullable=False),
)
