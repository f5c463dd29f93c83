"""An error of the database was logged with the statement's values: a server's password, a user's hash."""

import unittest

import sqlalchemy as sa

from cumulo.common.db.tables.identity import user
from tests.fixtures.database import temporary_database


class LoggedValuesTest(unittest.TestCase):
    """What such an error says of itself."""

    def test_the_statement_is_named_its_values_are_not(self) -> None:
        database = temporary_database()
        self.addCleanup(database.close)
        with self.assertRaises(sa.exc.IntegrityError) as caught, database.write() as connection:
            connection.execute(sa.insert(user).values(id="u", domain_id="nowhere", name="n", password_hash="the secret",
                                                      created_at=1.0))
        self.assertIn("INSERT INTO identity_user", str(caught.exception))
        self.assertNotIn("the secret", str(caught.exception))
