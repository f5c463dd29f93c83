"""What a key may be, and what is the same."""

import unittest

from cumulo.common import errors
from cumulo.common.context import Context
from cumulo.common.idempotency import keys

ANN = Context(user_id="ann", project_id="one")


class KeysTest(unittest.TestCase):
    """Keys, scopes, requests."""

    def test_form(self) -> None:
        for key in ("a", "!", "~", "x" * 255, "8e03978e-40d5-43dd-bc93-6894a57f9324"):
            keys.check(key)
        for key in ("", " ", "a b", "a\n", "\x7f", "é", "x" * 256):
            with self.subTest(key=key), self.assertRaises(errors.BadRequest):
                keys.check(key)

    def test_scopes_differ(self) -> None:
        """By user, by project, by what else a token may be scoped to, and by path where nobody is known."""
        contexts = (ANN, Context(user_id="bob", project_id="one"), Context(user_id="ann", project_id="two"),
                    Context(user_id="ann"), Context(user_id="ann", domain_id="one"),
                    Context(user_id="ann", system_scope="all"))
        ids = {keys.asked("key", keys.scope_of(each, "/p"), ["x"]).row_id for each in contexts}
        self.assertEqual(len(contexts), len(ids))
        nobody = [keys.asked("key", keys.scope_of(Context(), path), ["x"]).row_id for path in ("/p", "/q", "/p")]
        self.assertEqual((2, nobody[0]), (len(set(nobody)), nobody[2]))
        self.assertEqual(keys.scope_of(ANN, "/p"), keys.scope_of(ANN, "/q"))

    def test_parts_do_not_run_together(self) -> None:
        lists = (["ab", "c"], ["a", "bc"], ["abc"], ["abc", ""], [b"ab", "d"])
        hashes = {keys.asked("key", ("s",), parts).request_hash for parts in lists}
        self.assertEqual(len(lists), len(hashes))
        ids = {keys.asked(key, scope, ["x"]).row_id for key, scope in (
            ("k", ("a", None)), ("k", (None, "a")), ("k", ("a", "")), ("k", ("a",)), ("ak", ()))}
        self.assertEqual(5, len(ids))

    def test_ids_fit_their_columns_and_do_not_tell_the_key(self) -> None:
        asked = keys.asked("x" * 255, keys.scope_of(ANN, "/"), ["GET"])
        self.assertEqual((64, 64), (len(asked.row_id), len(asked.request_hash)))
        self.assertNotIn("xx", asked.row_id)
