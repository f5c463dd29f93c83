"""Tables of rights that users hand on: to programs by application credentials, to other users by trusts.

    identity_application_credential       some of a user's roles in a project, under a secret of its own
    identity_application_credential_role  which roles
    identity_access_rule                  a request, as a user described it once, for any of their credentials
    identity_application_credential_rule  which requests a credential is limited to
    identity_trust                        a user lets another one work with some of their roles in a project
    identity_trust_role                   which roles

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

trust = sa.Table(
    "identity_trust", metadata,
    id_column(),
    _id_of("trustor_user_id", "identity_user", has_index=True),
    _id_of("trustee_user_id", "identity_user", has_index=True),
    # NULL: no project and no roles, only the trustor's name.
    sa.Column("project_id", Id, sa.ForeignKey("identity_project.id", ondelete="CASCADE"), index=True),
    # Whether the trustee's tokens are in the trustor's name.
    sa.Column("impersonation", sa.Boolean, nullable=False),
    sa.Column("expires_at", Time),
    # NULL: any number of tokens may be made.
    sa.Column("remaining_uses", sa.Integer),
    # How many further trusts may follow one another from this one.
    sa.Column("redelegation_count", sa.Integer, nullable=False),
    # What is handed on by it ends with the trust it comes from.
    sa.Column("redelegated_trust_id", Id, sa.ForeignKey("identity_trust.id", ondelete="CASCADE"), index=True),
    sa.Column("created_at", Time, nullable=False),
)

trust_role = sa.Table(
    "identity_trust_role", metadata,
    _id_of("trust_id", "identity_trust", is_key=True),
    _id_of("role_id", "identity_role", is_key=True, has_index=True),
)
