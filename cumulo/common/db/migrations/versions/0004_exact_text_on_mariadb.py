"""Text that differs where a character or a blank at its end differs, on MariaDB too.

Tables took over the collation of their database, which for most servers ignores case. Nothing that was unique
before can clash now: more texts differ than did.
"""

import sqlalchemy as sa
from alembic import op

revision = '0004'
down_revision = '0003'

# Every foreign key there is by then: (table, column, table and column it names, what a deletion there does). Listed
# rather than read from the database, so that a run that was killed halfway is repeated to the same end.
FOREIGN_KEYS = (
    ("identity_assignment", "role_id", "identity_role", "id", None),
    ("identity_assignment", "user_id", "identity_user", "id", None),
    ("identity_endpoint", "region_id", "identity_region", "id", None),
    ("identity_endpoint", "service_id", "identity_service", "id", None),
    ("identity_project", "domain_id", "identity_domain", "id", None),
    ("identity_region", "parent_region_id", "identity_region", "id", None),
    ("identity_role_implication", "implied_role_id", "identity_role", "id", None),
    ("identity_role_implication", "prior_role_id", "identity_role", "id", None),
    ("identity_user", "domain_id", "identity_domain", "id", None),
    ("image_member", "image_id", "image", "id", "CASCADE"),
    ("image_property", "image_id", "image", "id", "CASCADE"),
    ("image_tag", "image_id", "image", "id", "CASCADE"),
    ("operation_event", "operation_id", "operation", "id", "CASCADE"),
    ("port", "network_id", "network", "id", None),
    ("port_address", "port_id", "port", "id", None),
    ("port_address", "subnet_id", "subnet", "id", None),
    ("subnet", "network_id", "network", "id", None),
)


def upgrade() -> None:
    """Change the schema."""
    connection = op.get_bind()
    if connection.dialect.name not in ("mysql", "mariadb"):
        return
    tables = sorted(sa.inspect(connection).get_table_names())
    # MariaDB does not change a column that belongs to a foreign key.
    for table in tables:
        for key in sa.inspect(connection).get_foreign_keys(table):
            op.drop_constraint(str(key["name"]), table, type_="foreignkey")
    for table in tables:
        op.execute(f"ALTER TABLE `{table}` CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin")
    for table, column, other, other_column, on_delete in FOREIGN_KEYS:
        op.create_foreign_key(op.f(f"fk_{table}_{column}"), table, other, [column], [other_column], ondelete=on_delete)
