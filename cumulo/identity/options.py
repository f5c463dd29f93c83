"""Options of the identity part."""

from oslo_config import cfg

GROUP = "identity"
OPTIONS = [
    cfg.StrOpt("fernet_key_dir", default="$state_dir/fernet-keys",
               help="Directory of the keys that tokens are sealed with. Every API and scheduler process needs the "
                    "same keys; nobody else may read them."),
    cfg.IntOpt("max_active_keys", default=3, min=2, max=100,
               help="Keys kept after a rotation, the one for the next rotation included. With a rotation every "
                    "token_ttl_s, 3 keep every token readable until it expires."),
    cfg.ListOpt("auth_methods", default=["password", "token", "application_credential"],
                help="Ways to log in that are offered. A method that is left out is refused whoever uses it."),
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
    cfg.IntOpt("max_cached_tokens", default=10000, min=1, max=10_000_000,
               help="Validated tokens one process remembers, about 2 KiB each, and 5 more for one that was shown."),
]


def register(conf: cfg.ConfigOpts) -> None:
    """Declare the identity options."""
    conf.register_opts(OPTIONS, group=GROUP)
