"""Who asks, for which project, and under which request id: carried through API, RPC and operations."""

import dataclasses
from typing import Any

_POLICY_FACTS = ("user_id", "project_id", "domain_id", "user_domain_id", "project_domain_id", "system_scope",
                 "roles", "is_admin")


@dataclasses.dataclass(frozen=True)
class Context:
    """The caller of one request. Names are for logs and policy; ids decide."""

    request_id: str = ""
    global_request_id: str | None = None
    user_id: str | None = None
    user_name: str | None = None
    user_domain_id: str | None = None
    project_id: str | None = None
    project_name: str | None = None
    project_domain_id: str | None = None
    domain_id: str | None = None
    system_scope: str | None = None
    roles: tuple[str, ...] = ()
    is_admin: bool = False
    token_expires_at: float | None = None
    audit_ids: tuple[str, ...] = ()
    application_credential_id: str | None = None
    trust_id: str | None = None
    # The token may not make other ways to log in, because it is itself one that somebody limited.
    is_restricted: bool = False
    # (service, method, path) of the requests it may make; None: all of them.
    access_rules: tuple[tuple[str, str, str], ...] | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form, without what is unset."""
        return {name: value for name, value in dataclasses.asdict(self).items() if value not in (None, (), "")}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "Context":
        """Return the context that to_dict described; fields this version does not know are left out."""
        known = {field.name for field in dataclasses.fields(cls)}
        kept = {name: value for name, value in values.items() if name in known}
        for name in ("roles", "audit_ids"):
            kept[name] = tuple(kept.get(name) or ())
        if "access_rules" in kept:
            kept["access_rules"] = tuple(tuple(rule) for rule in kept["access_rules"])
        return cls(**kept)

    def policy_credentials(self) -> dict[str, Any]:
        """Return the facts policy rules test.

        What is unset is left out: a rule compares texts, and the text "None" in a request must not
        meet a token without a project or a domain.
        """
        held = dict(zip(_POLICY_FACTS, self.policy_facts(), strict=True)) | {"roles": list(self.roles)}
        return {name: value for name, value in held.items() if value is not None}

    def policy_facts(self) -> tuple[Any, ...]:
        """Return the values of what policy_credentials names: two callers with the same ones may do the same."""
        return (self.user_id, self.project_id, self.domain_id, self.user_domain_id, self.project_domain_id,
                self.system_scope, self.roles, self.is_admin)
