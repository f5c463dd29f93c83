"""Tables of OAuth 1.0a: programs that users let work with some of their roles.

    identity_consumer          a program; its secret is encrypted
    identity_oauth_token       what a program got: a request token until a user agreed, then an access token
    identity_oauth_token_role  which roles the user handed on
"""

import sqlalchemy as sa

from cumulo.common.db.tables.base import Id, Json, LongText, Time, id_column, metadata


def _of(table: str) -> sa.ForeignKey:
    return sa.ForeignKey(f"{table}.id", ondelete="CASCADE")


consumer = sa.Table(
    "identity_consumer", metadata,
    id_column(),
    sa.Column("description", LongText),
    sa.Column("sealed", LongText, nullable=False),
    # What a client added of its own: {name: text}.
    sa.Column("extra", Json, nullable=False),
    sa.Column("created_at", Time, nullable=False),
)

token = sa.Table(
    "identity_oauth_token", metadata,
    id_column(),
    # request or access.
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("consumer_id", Id, _of("identity_consumer"), nullable=False, index=True),
    sa.Column("project_id", Id, _of("identity_project"), nullable=False, index=True),
    # NULL: nobody has agreed yet.
    sa.Column("user_id", Id, _of("identity_user"), index=True),
    sa.Column("sealed", LongText, nullable=False),
    # The hash of what the user tells the program, so that it proves that they did.
    sa.Column("verifier_hash", sa.String(64)),
    # NULL: it does not end.
    sa.Column("expires_at", Time, index=True),
    sa.Column("created_at", Time, nullable=False),
)

token_role = sa.Table(
    "identity_oauth_token_role", metadata,
    sa.Column("token_id", Id, _of("identity_oauth_token"), primary_key=True),
    sa.Column("role_id", Id, _of("identity_role"), primary_key=True, index=True),
)
