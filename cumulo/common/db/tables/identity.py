"""Tables of the identity part: who there is, who may do what where, and which services exist.

    identity_domain            holds users and projects; their names are unique within it
    identity_project           owns resources
    identity_user              a person or program; passwords are kept as bcrypt hashes only
    identity_former_password   hashes of passwords a user had before, as many as the rules ask for
    identity_group             users of any domain who have roles together
    identity_membership        a user is in a group
    identity_role              a name that policy rules test
    identity_role_implication  whoever has the first role has the second too
    identity_assignment        a user has a role on a project, a domain or the whole system
    identity_group_assignment  the same for everybody in a group
    identity_region, identity_service, identity_endpoint   the catalog
    identity_generation        one row, raised by every change that a known token may feel
    identity_event             such a change, and which tokens from before it are refused
"""

import sqlalchemy as sa

from cumulo.common.db.tables.base import Id, Json, LongText, Time, id_column, metadata

domain = sa.Table(
    "identity_domain", metadata,
    id_column(),
    sa.Column("name", sa.String(64), nullable=False, unique=True),
    sa.Column("description", LongText, nullable=False, default=""),
    sa.Column("enabled", sa.Boolean, nullable=False, default=True),
    sa.Column("tags", Json, nullable=False, default=list),
    sa.Column("created_at", Time, nullable=False),
    # {"immutable": true}; NULL: none.
    sa.Column("options", Json),
)

project = sa.Table(
    "identity_project", metadata,
    id_column(),
    sa.Column("domain_id", Id, sa.ForeignKey("identity_domain.id"), nullable=False),
    sa.Column("name", sa.String(64), nullable=False),
    sa.Column("description", LongText, nullable=False, default=""),
    sa.Column("enabled", sa.Boolean, nullable=False, default=True),
    sa.Column("tags", Json, nullable=False, default=list),
    # What a client added of its own: {name: text}.
    sa.Column("extra", Json, nullable=False, default=dict),
    sa.Column("created_at", Time, nullable=False),
    # NULL: directly below the domain. No foreign key: whoever makes a child holds the parent (projects.hold).
    sa.Column("parent_id", Id, index=True),
    # {"immutable": true}; NULL: none.
    sa.Column("options", Json),
    sa.UniqueConstraint("domain_id", "name"),
)

user = sa.Table(
    "identity_user", metadata,
    id_column(),
    sa.Column("domain_id", Id, sa.ForeignKey("identity_domain.id"), nullable=False),
    sa.Column("name", sa.String(255), nullable=False),
    sa.Column("enabled", sa.Boolean, nullable=False, default=True),
    # Not a foreign key: a default project may be deleted, or never have existed.
    sa.Column("default_project_id", Id),
    # NULL: this user cannot authenticate by password.
    sa.Column("password_hash", sa.String(128)),
    sa.Column("password_changed_at", Time),
    sa.Column("extra", Json, nullable=False, default=dict),
    sa.Column("created_at", Time, nullable=False),
    # From then on the password only serves to set another one; NULL: it never ends.
    sa.Column("password_expires_at", Time),
    # Whether the user has set it, and not an administrator.
    sa.Column("password_is_own", sa.Boolean, nullable=False, default=False),
    # {name: value} of cumulo/identity/user_options.py; NULL: none.
    sa.Column("options", Json),
    # Wrong passwords since the last right one, and when the last of them came.
    sa.Column("failed_logins", sa.Integer, nullable=False, default=0),
    sa.Column("failed_login_at", Time),
    # Written at most once a day, and only where idle accounts are to be closed.
    sa.Column("last_active_at", Time),
    sa.UniqueConstraint("domain_id", "name"),
)

former_password = sa.Table(
    "identity_former_password", metadata,
    sa.Column("user_id", Id, sa.ForeignKey("identity_user.id"), primary_key=True),
    # Counts up for each user: times may be equal.
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("password_hash", sa.String(128), nullable=False),
)

group = sa.Table(
    "identity_group", metadata,
    id_column(),
    sa.Column("domain_id", Id, sa.ForeignKey("identity_domain.id"), nullable=False),
    sa.Column("name", sa.String(64), nullable=False),
    sa.Column("description", LongText, nullable=False, default=""),
    sa.Column("extra", Json, nullable=False, default=dict),
    sa.Column("created_at", Time, nullable=False),
    sa.UniqueConstraint("domain_id", "name"),
)

membership = sa.Table(
    "identity_membership", metadata,
    sa.Column("group_id", Id, sa.ForeignKey("identity_group.id"), primary_key=True),
    sa.Column("user_id", Id, sa.ForeignKey("identity_user.id"), primary_key=True, index=True),
)

role = sa.Table(
    "identity_role", metadata,
    id_column(),
    sa.Column("name", sa.String(255), nullable=False),
    sa.Column("description", LongText),
    sa.Column("created_at", Time, nullable=False),
    # The domain whose own it is; "" for a role of the whole cloud: NULLs would not be equal in the unique index.
    sa.Column("domain_id", Id, nullable=False, default=""),
    # {"immutable": true}; NULL: none.
    sa.Column("options", Json),
    sa.UniqueConstraint("domain_id", "name"),
)

role_implication = sa.Table(
    "identity_role_implication", metadata,
    sa.Column("prior_role_id", Id, sa.ForeignKey("identity_role.id"), primary_key=True),
    sa.Column("implied_role_id", Id, sa.ForeignKey("identity_role.id"), primary_key=True),
)

assignment = sa.Table(
    "identity_assignment", metadata,
    sa.Column("user_id", Id, sa.ForeignKey("identity_user.id"), primary_key=True),
    # project, domain or system; below:project and below:domain: inherited by all projects below.
    sa.Column("target_kind", sa.String(16), primary_key=True),
    # The project's or domain's id; "all" for the system.
    sa.Column("target_id", Id, primary_key=True),
    sa.Column("role_id", Id, sa.ForeignKey("identity_role.id"), primary_key=True),
    sa.Index("ix_identity_assignment_target", "target_kind", "target_id"),
    sa.Index("ix_identity_assignment_role", "role_id"),
)

group_assignment = sa.Table(
    "identity_group_assignment", metadata,
    sa.Column("group_id", Id, sa.ForeignKey("identity_group.id"), primary_key=True),
    sa.Column("target_kind", sa.String(16), primary_key=True),
    sa.Column("target_id", Id, primary_key=True),
    sa.Column("role_id", Id, sa.ForeignKey("identity_role.id"), primary_key=True),
    sa.Index("ix_identity_group_assignment_target", "target_kind", "target_id"),
    sa.Index("ix_identity_group_assignment_role", "role_id"),
)

region = sa.Table(
    "identity_region", metadata,
    sa.Column("id", sa.String(255), primary_key=True),
    sa.Column("description", LongText, nullable=False, default=""),
    sa.Column("parent_region_id", sa.String(255), sa.ForeignKey("identity_region.id")),
    sa.Column("created_at", Time, nullable=False),
)

service = sa.Table(
    "identity_service", metadata,
    id_column(),
    sa.Column("type", sa.String(255), nullable=False),
    sa.Column("name", sa.String(255), nullable=False, default=""),
    sa.Column("description", LongText, nullable=False, default=""),
    sa.Column("enabled", sa.Boolean, nullable=False, default=True),
    sa.Column("created_at", Time, nullable=False),
)

endpoint = sa.Table(
    "identity_endpoint", metadata,
    id_column(),
    sa.Column("service_id", Id, sa.ForeignKey("identity_service.id"), nullable=False, index=True),
    sa.Column("region_id", sa.String(255), sa.ForeignKey("identity_region.id"), index=True),
    # public, internal or admin.
    sa.Column("interface", sa.String(8), nullable=False),
    # May hold $(project_id)s and the like, filled in for each token.
    sa.Column("url", sa.String(2048), nullable=False),
    sa.Column("name", sa.String(255)),
    sa.Column("description", LongText),
    sa.Column("enabled", sa.Boolean, nullable=False, default=True),
    sa.Column("created_at", Time, nullable=False),
)

generation = sa.Table(
    "identity_generation", metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("value", sa.BigInteger, nullable=False),
)

event = sa.Table(
    "identity_event", metadata,
    sa.Column("generation", sa.BigInteger, primary_key=True, autoincrement=False),
    # user, project, domain, grant, token, or change: one that refuses no token.
    sa.Column("kind", sa.String(16), nullable=False),
    # What the tokens refused have in common, see cumulo/identity/revocations.py.
    sa.Column("subject", sa.String(255), nullable=False),
    # From then on every token it refuses has run out, and the row may go.
    sa.Column("expires_at", Time, nullable=False, index=True),
)
