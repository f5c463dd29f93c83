"""Tables of secrets that are kept for users, encrypted.

    identity_credential    an access key and its secret, the secret of one-time codes, or whatever a client keeps here
"""

import sqlalchemy as sa

from cumulo.common.db.tables.base import Id, LongText, Time, id_column, metadata

credential = sa.Table(
    "identity_credential", metadata,
    id_column(),
    sa.Column("user_id", Id, sa.ForeignKey("identity_user.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("project_id", Id, sa.ForeignKey("identity_project.id", ondelete="CASCADE"), index=True),
    sa.Column("type", sa.String(255), nullable=False),
    # The blob, sealed with the newest of the credential keys.
    sa.Column("sealed", LongText, nullable=False),
    # SHA-256 of the access key: what a signature's key is found by. NULL for other types.
    sa.Column("access_hash", sa.String(64), unique=True),
    # The last half minute whose one-time code was taken: none is good twice.
    sa.Column("last_step", sa.BigInteger),
    sa.Column("created_at", Time, nullable=False),
)
