"""What the audit found: differences between what the database says and what hosts hold.

    audit_run      one row: whose turn it is, when the last gathering ended, which hosts were silent in it
    audit_finding  one row per difference that the last gathering saw; it goes when the difference goes
"""

import sqlalchemy as sa

from cumulo.common.db.tables.base import Id, Json, LongText, Time, id_column, metadata

audit_run = sa.Table(
    "audit_run", metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    # Raised by whoever begins a gathering: only the holder of the newest turn may record what it saw.
    sa.Column("turn", sa.BigInteger, nullable=False),
    # Until then no copy of the scheduler begins another one by itself.
    sa.Column("due", Time, nullable=False),
    # NULL before the first gathering has ended.
    sa.Column("finished_at", Time),
    sa.Column("took_s", Time),
    # [{"target", "reason"}]: who did not answer, and was not judged therefore.
    sa.Column("unheard", Json, nullable=False),
)

audit_finding = sa.Table(
    "audit_finding", metadata,
    # A hash of what makes it the same difference at the next look: kind, subject, host, mark.
    id_column(),
    sa.Column("kind", sa.String(64), nullable=False),
    sa.Column("subject", sa.String(255), nullable=False),
    sa.Column("host", sa.String(255), nullable=False),
    # What the one side says, and what the other says or lacks.
    sa.Column("one", LongText, nullable=False),
    sa.Column("other", LongText, nullable=False),
    # Whose holdings it was seen in: while one of them is silent the finding stays as it is.
    sa.Column("heard", Json, nullable=False),
    # The newest operation of the resource: {"id", "flow", "phase", "step", "request_id"}, or NULL.
    sa.Column("operation", Json),
    sa.Column("first_seen", Time, nullable=False),
    sa.Column("last_seen", Time, nullable=False),
    sa.Column("times", sa.Integer, nullable=False),
)
