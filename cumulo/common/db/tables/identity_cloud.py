"""Tables of what identity keeps for the whole cloud: limits, what narrows catalogs, policies, domains' settings.

    identity_registered_limit        what anybody may have of a resource unless a limit says otherwise
    identity_limit                   what one project or domain may have of it
    identity_endpoint_group          endpoints named by what they have in common
    identity_endpoint_group_project  a project sees the endpoints of a group
    identity_endpoint_project        a project sees an endpoint
    identity_policy                  a document that services may fetch
    identity_policy_association      which policy an endpoint, a service, or a service in a region follows
    identity_domain_config           one setting of one domain

Whatever a row here speaks of takes the row along when it goes.
"""

import sqlalchemy as sa

from cumulo.common.db.tables.base import Id, Json, LongText, Time, id_column, metadata


def _of(table: str) -> sa.ForeignKey:
    return sa.ForeignKey(f"{table}.id", ondelete="CASCADE")


registered_limit = sa.Table(
    "identity_registered_limit", metadata,
    id_column(),
    sa.Column("service_id", Id, _of("identity_service"), nullable=False, index=True),
    # NULL: in every region.
    sa.Column("region_id", sa.String(255), sa.ForeignKey("identity_region.id"), index=True),
    sa.Column("resource_name", sa.String(255), nullable=False),
    # -1: as much as there is.
    sa.Column("default_limit", sa.Integer, nullable=False),
    sa.Column("description", LongText),
    # Service, region and resource in one text: a unique index over them would let a NULL region stand twice.
    sa.Column("subject", sa.String(600), nullable=False, unique=True),
    sa.Column("created_at", Time, nullable=False),
)

limit = sa.Table(
    "identity_limit", metadata,
    id_column(),
    sa.Column("registered_limit_id", Id, sa.ForeignKey("identity_registered_limit.id", ondelete="CASCADE"),
              nullable=False),
    # One of the two.
    sa.Column("project_id", Id, _of("identity_project"), index=True),
    sa.Column("domain_id", Id, _of("identity_domain"), index=True),
    sa.Column("resource_limit", sa.Integer, nullable=False),
    sa.Column("description", LongText),
    sa.Column("created_at", Time, nullable=False),
    sa.UniqueConstraint("registered_limit_id", "project_id"),
    sa.UniqueConstraint("registered_limit_id", "domain_id"),
)

endpoint_group = sa.Table(
    "identity_endpoint_group", metadata,
    id_column(),
    sa.Column("name", sa.String(255), nullable=False),
    sa.Column("description", LongText),
    # {attribute of an endpoint: value}; an endpoint that has all of them is in the group.
    sa.Column("filters", Json, nullable=False),
    sa.Column("created_at", Time, nullable=False),
)

endpoint_group_project = sa.Table(
    "identity_endpoint_group_project", metadata,
    sa.Column("endpoint_group_id", Id, _of("identity_endpoint_group"), primary_key=True),
    sa.Column("project_id", Id, _of("identity_project"), primary_key=True, index=True),
)

endpoint_project = sa.Table(
    "identity_endpoint_project", metadata,
    sa.Column("endpoint_id", Id, _of("identity_endpoint"), primary_key=True),
    sa.Column("project_id", Id, _of("identity_project"), primary_key=True, index=True),
)

policy = sa.Table(
    "identity_policy", metadata,
    id_column(),
    sa.Column("type", sa.String(255), nullable=False),
    sa.Column("blob", LongText, nullable=False),
    # What a client added of its own: {name: text}.
    sa.Column("extra", Json, nullable=False, default=dict),
    sa.Column("created_at", Time, nullable=False),
)

policy_association = sa.Table(
    "identity_policy_association", metadata,
    # Endpoint, service, or service and region in one text: each follows one policy.
    sa.Column("subject", sa.String(400), primary_key=True),
    sa.Column("policy_id", Id, _of("identity_policy"), nullable=False, index=True),
    sa.Column("endpoint_id", Id, _of("identity_endpoint"), index=True),
    sa.Column("service_id", Id, _of("identity_service"), index=True),
    sa.Column("region_id", sa.String(255), _of("identity_region"), index=True),
)

domain_config = sa.Table(
    "identity_domain_config", metadata,
    sa.Column("domain_id", Id, _of("identity_domain"), primary_key=True),
    sa.Column("group_name", sa.String(64), primary_key=True),
    sa.Column("option_name", sa.String(64), primary_key=True),
    # {"is": the value}, so that null is one too.
    sa.Column("value", Json, nullable=False),
)
