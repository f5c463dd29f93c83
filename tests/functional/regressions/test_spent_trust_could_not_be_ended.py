"""A trust that was used up was not found by its DELETE: its trustor could not end the tokens made with it."""

from tests.functional.test_identity_proofs_api import ProofCase


class SpentTrustTest(ProofCase):
    """Alice trusts bob once."""

    def test_its_tokens_can_be_ended(self) -> None:
        bob_user, _ = self.cloud.member("bob")
        trust = self.call("POST", "/v3/OS-TRUST/trusts", 201, {"trust": {
            "trustor_user_id": self.user["id"], "trustee_user_id": bob_user["id"], "impersonation": True,
            "project_id": self.project["id"], "roles": [{"name": "member"}], "remaining_uses": 1}},
            token=self.alice).json["trust"]
        path, bob = f"/v3/OS-TRUST/trusts/{trust['id']}", self.cloud.token("bob")
        token = self.prove(201, "token", {"id": bob}, {"OS-TRUST:trust": {"id": trust["id"]}}).headers["X-Subject-Token"]
        self.assertTrue(self.is_good(token))
        self.call("DELETE", path, 403, token=bob)
        self.call("DELETE", path, 404, token=self.cloud.token(self.cloud.member("carol")[0]["name"]))
        self.call("DELETE", path, 204, token=self.alice)
        self.assertFalse(self.is_good(token))
