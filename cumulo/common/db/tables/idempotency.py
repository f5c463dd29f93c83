"""What was answered to requests that carried an Idempotency-Key, so that a retry gets the same answer.

The row is written in the transaction that does what the request asks, so a committed row always has
its answer. `id` is a hash of the project, the caller and the key; `answer` is sealed with a secret
derived from the key itself, which is stored nowhere: whoever reads this table learns neither.
"""

from sqlalchemy import Column, Integer, LargeBinary, String, Table
from sqlalchemy.dialects import mysql

from cumulo.common.db.tables.base import Time, id_column, metadata

idempotency_key = Table(
    "idempotency_key",
    metadata,
    id_column(),
    Column("request_hash", String(64), nullable=False),
    Column("status", Integer, nullable=True),  # NULL only inside the transaction that is making the answer
    Column("answer", LargeBinary().with_variant(mysql.MEDIUMBLOB(), "mysql", "mariadb"), nullable=True),
    Column("created_at", Time, nullable=False),
    Column("expires_at", Time, nullable=False, index=True),
)
