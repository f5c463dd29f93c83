"""Values of the identity part, as frozen records of the rows behind them."""

import dataclasses
from typing import Any, Literal

ScopeKind = Literal["none", "project", "domain", "system"]

LOGIN_REFUSED = "The request you have made requires authentication."
"""What every refused login says, whatever the reason: anything more would help whoever guesses."""

WHOLE_SYSTEM = "all"


@dataclasses.dataclass(frozen=True)
class Scope:
    """What a token or a role is good for: nothing, a project, a domain, or the whole system."""

    kind: ScopeKind = "none"
    id: str = ""


UNSCOPED = Scope()
SYSTEM = Scope("system", WHOLE_SYSTEM)


@dataclasses.dataclass(frozen=True)
class Actor:
    """Who may be given a role: a user, or everybody in a group."""

    kind: Literal["user", "group"]
    id: str


@dataclasses.dataclass(frozen=True)
class Target:
    """Where a role is given: on a project, a domain or the system; inherited: on all projects below the first two."""

    scope: Scope
    is_inherited: bool = False

    @property
    def kind(self) -> str:
        """Return the word of the tables for it."""
        return f"{BELOW}{self.scope.kind}" if self.is_inherited else self.scope.kind


BELOW = "below:"


def target_of(kind: str, target_id: str) -> Target:
    """Return the target that the tables describe so."""
    return Target(Scope(kind.removeprefix(BELOW), target_id), kind.startswith(BELOW))  # type: ignore[arg-type]


@dataclasses.dataclass(frozen=True)
class Domain:
    """A domain."""

    id: str
    name: str
    description: str
    enabled: bool
    tags: tuple[str, ...]
    options: dict[str, Any]


@dataclasses.dataclass(frozen=True)
class Project:
    """A project, or a domain seen as one: then domain_id is None. parent_id is None directly below the domain."""

    id: str
    domain_id: str | None
    name: str
    description: str
    enabled: bool
    tags: tuple[str, ...]
    extra: dict[str, Any]
    options: dict[str, Any]
    parent_id: str | None = None


@dataclasses.dataclass(frozen=True)
class User:
    """A user, without the password's hash. options is never None; password_expires_at is None where it never does."""

    id: str
    domain_id: str
    name: str
    enabled: bool
    default_project_id: str | None
    extra: dict[str, Any]
    options: dict[str, Any]
    password_expires_at: float | None


@dataclasses.dataclass(frozen=True)
class Group:
    """A group of users."""

    id: str
    domain_id: str
    name: str
    description: str
    extra: dict[str, Any]


@dataclasses.dataclass(frozen=True)
class Role:
    """A role; domain_id names the domain whose own it is, None for one of the whole cloud."""

    id: str
    name: str
    description: str | None = None
    domain_id: str | None = None
    options: dict[str, Any] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Named:
    """A user or project as a token shows it; enabled only when its domain is enabled too."""

    id: str
    name: str
    domain_id: str
    domain_name: str
    enabled: bool
    password_expires_at: float | None = None


@dataclasses.dataclass(frozen=True)
class Delegation:
    """Whose rights a token borrows: those of an application credential, a trust or an access token; "" is neither."""

    application_credential_id: str = ""
    trust_id: str = ""
    access_token_id: str = ""


OWN_RIGHTS = Delegation()


@dataclasses.dataclass(frozen=True)
class AccessToken:
    """What a user lets a program, the consumer, do in a project (OAuth 1.0a)."""

    id: str
    consumer_id: str
    user_id: str
    project_id: str
    expires_at: float | None
    roles: tuple[Role, ...]


@dataclasses.dataclass(frozen=True)
class AccessRule:
    """A request that an application credential may make; path may hold * (one segment) and ** (any number)."""

    id: str
    service: str
    method: str
    path: str


@dataclasses.dataclass(frozen=True)
class ApplicationCredential:
    """Some of a user's roles in a project, for a program to log in with. rules None: any request may be made."""

    id: str
    user_id: str
    project_id: str
    name: str
    description: str | None
    unrestricted: bool
    expires_at: float | None
    roles: tuple[Role, ...]
    rules: tuple[AccessRule, ...] | None


@dataclasses.dataclass(frozen=True)
class Trust:
    """A user lets another one work with some of their roles. impersonation: in the trustor's name."""

    id: str
    trustor_user_id: str
    trustee_user_id: str
    project_id: str | None
    impersonation: bool
    expires_at: float | None
    remaining_uses: int | None
    redelegation_count: int
    redelegated_trust_id: str | None
    roles: tuple[Role, ...]


@dataclasses.dataclass(frozen=True)
class Assignment:
    """Somebody has a role somewhere; source is the assignment that was made, where this one only follows from it."""

    actor: Actor
    target: Target
    role_id: str
    source: "Assignment | None" = None


@dataclasses.dataclass(frozen=True)
class Region:
    """A region."""

    id: str
    description: str
    parent_region_id: str | None


@dataclasses.dataclass(frozen=True)
class Service:
    """A service of the catalog."""

    id: str
    type: str
    name: str
    description: str
    enabled: bool


@dataclasses.dataclass(frozen=True)
class Endpoint:
    """Where a service listens."""

    id: str
    service_id: str
    region_id: str | None
    interface: str
    url: str
    name: str | None
    description: str | None
    enabled: bool
