"""Who may handle ways to log in: users their own, and nobody for somebody else; administrators may take them away.

A target names the user_id whose they are.
"""

from oslo_policy import policy

OWNER = "user_id:%(user_id)s"
OR_OWNER = f"role:admin or {OWNER}"
READER = "role:admin or (role:reader and system_scope:all)"
READER_OR_OWNER = f"{READER} or {OWNER}"
# What was signed goes to the services that check signatures; from anybody else it was overheard.
SERVICE = "role:admin or role:service"

_KEYS = "/v3/users/{user_id}/credentials/OS-EC2"
_CREDENTIALS = "/v3/users/{user_id}/application_credentials"
_RULES = "/v3/users/{user_id}/access_rules"
_CONSUMERS = "/v3/OS-OAUTH1/consumers"
_CONSUMER = _CONSUMERS + "/{consumer_id}"
_TOKENS = "/v3/users/{user_id}/OS-OAUTH1/access_tokens"
_TOKEN = _TOKENS + "/{access_token_id}"

_TABLE = (
    ("list_application_credentials", READER_OR_OWNER, "List a user's application credentials", "GET", _CREDENTIALS),
    ("create_application_credential", OWNER, "Create an application credential for oneself", "POST", _CREDENTIALS),
    ("get_application_credential", READER_OR_OWNER, "Show an application credential", "GET",
     f"{_CREDENTIALS}/{{application_credential_id}}"),
    ("delete_application_credential", OR_OWNER, "Delete an application credential", "DELETE",
     f"{_CREDENTIALS}/{{application_credential_id}}"),
    ("list_access_rules", READER_OR_OWNER, "List a user's access rules", "GET", _RULES),
    ("get_access_rule", READER_OR_OWNER, "Show an access rule", "GET", f"{_RULES}/{{access_rule_id}}"),
    ("delete_access_rule", OR_OWNER, "Delete an access rule", "DELETE", f"{_RULES}/{{access_rule_id}}"),
    ("list_credentials", READER_OR_OWNER, "List credentials", "GET", "/v3/credentials"),
    ("create_credential", OR_OWNER, "Create a credential", "POST", "/v3/credentials"),
    ("get_credential", READER_OR_OWNER, "Show a credential", "GET", "/v3/credentials/{credential_id}"),
    ("update_credential", OR_OWNER, "Change a credential", "PATCH", "/v3/credentials/{credential_id}"),
    ("delete_credential", OR_OWNER, "Delete a credential", "DELETE", "/v3/credentials/{credential_id}"),
    ("ec2_list_credentials", READER_OR_OWNER, "List a user's access keys", "GET", _KEYS),
    ("ec2_create_credential", OR_OWNER, "Create an access key", "POST", _KEYS),
    ("ec2_get_credential", READER_OR_OWNER, "Show an access key", "GET", f"{_KEYS}/{{access}}"),
    ("ec2_delete_credential", OR_OWNER, "Delete an access key", "DELETE", f"{_KEYS}/{{access}}"),
    ("list_trusts", READER_OR_OWNER, "List trusts", "GET", "/v3/OS-TRUST/trusts"),
    ("create_trust", OWNER, "Let another user work with one's roles", "POST", "/v3/OS-TRUST/trusts"),
    ("get_trust", READER_OR_OWNER, "Show a trust", "GET", "/v3/OS-TRUST/trusts/{trust_id}"),
    ("delete_trust", OR_OWNER, "Delete a trust", "DELETE", "/v3/OS-TRUST/trusts/{trust_id}"),
    ("list_roles_for_trust", READER_OR_OWNER, "List the roles of a trust", "GET",
     "/v3/OS-TRUST/trusts/{trust_id}/roles"),
    ("get_role_for_trust", READER_OR_OWNER, "Show a role of a trust", "GET",
     "/v3/OS-TRUST/trusts/{trust_id}/roles/{role_id}"),
    ("v2_validate_token", f"{SERVICE} or (role:reader and system_scope:all) or {OWNER}",
     "Look at a token in the form of version 2.0", "GET", "/v2.0/tokens/{token_id}"),
    ("v2_list_tenants", "@", "See where one may work, in the form of version 2.0", "GET", "/v2.0/tenants"),
    ("list_consumers", READER, "List consumers", "GET", _CONSUMERS),
    ("get_consumer", READER, "Show a consumer", "GET", _CONSUMER),
    ("create_consumer", "role:admin", "Create a consumer", "POST", _CONSUMERS),
    ("update_consumer", "role:admin", "Change a consumer", "PATCH", _CONSUMER),
    ("delete_consumer", "role:admin", "Delete a consumer", "DELETE", _CONSUMER),
    ("authorize_request_token", "@", "Let a consumer work with one's roles", "PUT",
     "/v3/OS-OAUTH1/authorize/{request_token_id}"),
    ("list_access_tokens", READER_OR_OWNER, "List a user's access tokens", "GET", _TOKENS),
    ("get_access_token", READER_OR_OWNER, "Show an access token", "GET", _TOKEN),
    ("list_access_token_roles", READER_OR_OWNER, "List the roles of an access token", "GET", f"{_TOKEN}/roles"),
    ("get_access_token_role", READER_OR_OWNER, "Show a role of an access token", "GET", f"{_TOKEN}/roles/{{role_id}}"),
    ("delete_access_token", OR_OWNER, "Take back what a consumer was let do", "DELETE", _TOKEN),
    ("ec2_tokens", SERVICE, "Ask whose access key signed a request", "POST", "/v3/ec2tokens"),
    ("s3_tokens", SERVICE, "Ask whose access key signed a text", "POST", "/v3/s3tokens"),
)

RULES = tuple(
    policy.DocumentedRuleDefault(f"identity:{name}", check, text, [{"method": method, "path": path}])
    for name, check, text, method, path in _TABLE)
