"""Options of the identity part."""

import re

from oslo_config import cfg, types

GROUP = "identity"


class Pattern(types.String):  # type: ignore[misc]
    """A regular expression: a wrong one is told when the configuration is read, not when somebody needs it."""

    def __call__(self, value: str) -> str:
        """Return the text; raises ValueError unless it is a regular expression."""
        try:
            re.compile(value)
        except re.error as failure:
            raise ValueError(f"{value!r} is not a regular expression: {failure}") from failure
        return str(super().__call__(value))


OPTIONS = [
    cfg.StrOpt("fernet_key_dir", default="$state_dir/fernet-keys",
               help="Directory of the keys that tokens are sealed with. Every API and scheduler process needs the "
                    "same keys; nobody else may read them."),
    cfg.IntOpt("max_active_keys", default=3, min=2, max=100,
               help="Keys kept after a rotation, the one for the next rotation included. With a rotation every "
                    "token_ttl_s, 3 keep every token readable until it expires."),
    cfg.StrOpt("credential_key_dir", default="$state_dir/credential-keys",
               help="Directory of the keys that users' credentials are encrypted with in the database. Every API "
                    "process needs the same keys; nobody else may read them. Who loses them loses the credentials."),
    cfg.IntOpt("failed_logins_max", default=10, min=0, max=1_000_000,
               help="Failed logins under one name from one address within failed_logins_window_s after which further "
                    "ones wait, counted in each API process. 10 lets people mistype. 0 turns it off."),
    cfg.IntOpt("failed_logins_window_s", default=300, min=1, max=86400,
               help="Seconds after the first failed login in which failed_logins_max may follow. With 10 in 300 a "
                    "one-time code of six digits is found in two months of trying on average, not in a day."),
    cfg.IntOpt("signature_ttl_s", default=900, min=1, max=86400,
               help="Seconds by which the time in a signed EC2 or S3 request may differ from now. Fifteen minutes is "
                    "what these clients reckon with."),
    cfg.IntOpt("receipt_ttl_s", default=300, min=1, max=86400,
               help="Seconds for which the receipt of a first factor waits for the others. Long enough to look up a "
                    "one-time code."),
    cfg.StrOpt("external_domain_id", default="default",
               help="Domain of the users whom the method external takes from REMOTE_USER, where REMOTE_DOMAIN names "
                    "none."),
    cfg.ListOpt("auth_methods", default=["password", "token", "application_credential", "totp", "oauth1"],
                help="Ways to log in that are offered; a method that is left out is refused whoever uses it. external takes "
                     "the user from REMOTE_USER, which a filter in the paste file must have set: it is off unless "
                     "named here."),
    cfg.IntOpt("token_ttl_s", default=3600, min=1, max=30 * 86400,
               help="Seconds a token is good for. An hour bounds what a stolen one is worth and outlives any "
                    "ordinary command."),
    cfg.FloatOpt("revocation_refresh_s", default=1.0, min=0.0, max=60.0,
                 help="Seconds for which a process may go on without asking the database whether tokens have been "
                      "revoked; after that it refuses. 1 leaves time to ask beside the requests, and is not noticed."),
    cfg.IntOpt("password_hash_rounds", default=12, min=4, max=31,
               help="bcrypt's cost: each step doubles the time of a hash. 12 takes a fifth of a second."),
    cfg.IntOpt("verified_password_ttl_s", default=60, min=0, max=3600,
               help="Seconds for which a password that was just verified is recognised without bcrypt, from a keyed "
                    "digest in memory. 0 turns it off; 60 serves scripts that log in for every command."),
    cfg.IntOpt("lockout_failure_attempts", default=0, min=0, max=1000,
               help="Wrong passwords in a row after which an account is locked. 0 locks none: a lock also lets anybody "
                    "keep its user out."),
    cfg.IntOpt("lockout_duration_s", default=1800, min=0, max=365 * 86400,
               help="Seconds for which a locked account stays locked. 0: until an administrator enables it anew."),
    cfg.IntOpt("unique_last_password_count", default=0, min=0, max=100,
               help="A user's new password must differ from so many of the last ones, the current one included. Each "
                    "costs a bcrypt when the password is changed. 0 remembers none."),
    cfg.IntOpt("password_expires_days", default=0, min=0, max=36500,
               help="Days after which a password must be changed. 0: never; forced changes make weaker passwords."),
    cfg.IntOpt("minimum_password_age_days", default=0, min=0, max=36500,
               help="Days before a user may change again a password of their own choice. With "
                    "unique_last_password_count it keeps users from coming back to the old one at once."),
    cfg.BoolOpt("change_password_upon_first_use", default=False,
                help="A password that an administrator sets only serves its user to set another one."),
    cfg.IntOpt("disable_user_account_days_inactive", default=0, min=0, max=36500,
               help="Days without a login by password after which an account is closed until an administrator "
                    "enables it. 0 closes none."),
    cfg.Opt("password_regex", type=Pattern(), default="",
            help="Regular expression that passwords must match from their first character. Empty: any password will "
                 "do."),
    cfg.StrOpt("password_regex_description", default="",
               help="What password_regex wants, in words for users: part of the refusal."),
    cfg.IntOpt("max_project_tree_depth", default=5, min=1, max=100,
               help="Levels of projects below a domain. Every level makes a token's first look-up dearer."),
    cfg.IntOpt("max_cached_tokens", default=10000, min=1, max=10_000_000,
               help="Validated tokens one process remembers, about 2 KiB each, and 5 more for one that was shown."),
]


def register(conf: cfg.ConfigOpts) -> None:
    """Declare the identity options."""
    conf.register_opts(OPTIONS, group=GROUP)
