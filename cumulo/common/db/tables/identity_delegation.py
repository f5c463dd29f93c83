"""Tables of rights that users hand on: to programs by application credentials, to other users by trusts.

    identity_application_credential       some of a user's roles in a project, under a secret of its own
    identity_application_credential_role  which roles
    identity_access_rule                  a request, as a user described it once, for any of their credentials
    identity_application_credential_rule  which requests a credential is limited to

All of it goes with the user, the project or the role it hands on.
"""

import sqlalchemy as sa

from cumulo.common.db.tables.base import Id, LongText, Time, id_column, metadata


def _id_of(name: str, other: str, *, is_key: bool = False, has_index: bool = False) -> "sa.Column[str]":
    """Return a column that names a row of another table and goes with it."""
    return sa.Column(name, Id, sa.ForeignKey(f"{other}.id", ondelete="CASCADE"), primary_key=is_key, nullable=False,
                     index=has_index or None)


application_credential = sa.Table(
    "identity_application_credential", metadata,
    id_column(),
    _id_of("user_id", "identity_user"),
    _id_of("project_id", "identity_project", has_index=True),
    sa.Column("name", sa.String(255), nullable=False),
    sa.Column("description", LongText),
    sa.Column("secret_hash", sa.String(128), nullable=False),
    sa.Column("unrestricted", sa.Boolean, nullable=False),
    # NULL: it does not end.
    sa.Column("expires_at", Time),
    sa.Column("created_at", Time, nullable=False),
    # Whether the rows of identity_application_credential_rule limit it: a rule that is gone must not widen it.
    sa.Column("has_rules", sa.Boolean, nullable=False),
    sa.UniqueConstraint("user_id", "name"),
)

application_credential_role = sa.Table(
    "identity_application_credential_role", metadata,
    _id_of("credential_id", "identity_application_credential", is_key=True),
    _id_of("role_id", "identity_role", is_key=True, has_index=True),
)

access_rule = sa.Table(
    "identity_access_rule", metadata,
    id_column(),
    _id_of("user_id", "identity_user"),
    sa.Column("service", sa.String(64), nullable=False),
    sa.Column("method", sa.String(16), nullable=False),
    sa.Column("path", sa.String(128), nullable=False),
    sa.UniqueConstraint("user_id", "service", "method", "path"),
)

application_credential_rule = sa.Table(
    "identity_application_credential_rule", metadata,
    _id_of("credential_id", "identity_application_credential", is_key=True),
    _id_of("access_rule_id", "identity_access_rule", is_key=True, has_index=True),
)
