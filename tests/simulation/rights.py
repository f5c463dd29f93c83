"""What administrators do to people in a simulated cloud: accounts, trees of projects, roles and groups end or come back."""

import random
from typing import TYPE_CHECKING

from tests.simulation.people import REFUSED, K, give, grant_path, is_gone, some_person

if TYPE_CHECKING:
    from tests.simulation.calls import Users


def switch_user(users: "Users", dice: random.Random) -> None:
    """Disable a user, or enable them."""
    user_id = users.one("user", dice)
    if user_id is not None:
        _switch(users, f"{K}/users/{user_id}", "user", dice.random() < 0.4, (f"user {user_id}",), (f"user {user_id}",))


def switch_project(users: "Users", dice: random.Random) -> None:
    """Disable a project, or enable it; alone, or with all below it."""
    project_id = users.one("project", dice)
    if project_id is None:
        return
    people, path, is_whole = users.people, f"{K}/projects/{project_id}", dice.random() < 0.6
    ended = (f"tree {project_id}",) if is_whole else (f"project {project_id}",)
    begun = [subject for each in people.below(project_id) for subject in people.ground(each)]
    _switch(users, f"{path}/cascade" if is_whole else path, "project", dice.random() < 0.4, ended, tuple(begun))


def _switch(users: "Users", path: str, kind: str, is_enabled: bool, ended: tuple[str, ...],  # noqa: FBT001
            begun: tuple[str, ...]) -> None:
    answered = users.tokens.undoing(*begun) if is_enabled else users.tokens.ending(*ended)
    answer = users.send("PATCH", path, {kind: {"enabled": is_enabled}}, admin=True)
    if (answer is not None) if is_enabled else is_gone(answer):
        answered()


def delete_user(users: "Users", dice: random.Random) -> None:
    """Delete a user with all that is theirs."""
    user_id = users.one("user", dice)
    if user_id is not None:
        _delete(users, "user", f"{K}/users/{user_id}", user_id)


def delete_project(users: "Users", dice: random.Random) -> None:
    """Delete a project, alone or with all below it."""
    project_id = users.one("project", dice)
    if project_id is None:
        return
    path = f"{K}/projects/{project_id}"
    if dice.random() < 0.4:
        _delete(users, "project", path, project_id)
        return
    known = users.people.below(project_id)
    if _delete(users, "project", f"{path}/cascade", project_id, f"tree {project_id}"):
        users.deleted += [("project", each) for each in known]


def delete_group(users: "Users", dice: random.Random) -> None:
    """Delete a group: its users lose what they have by it."""
    group_id = users.one("group", dice)
    if group_id is not None:
        _delete(users, "group", f"{K}/groups/{group_id}", group_id)


def delete_role(users: "Users", dice: random.Random) -> None:
    """Delete a role: whoever has it has it no more."""
    role_id = users.one("role", dice)
    if role_id is not None:
        _delete(users, "role", f"{K}/roles/{role_id}", role_id)


def _delete(users: "Users", kind: str, path: str, its_id: str, *subjects: str) -> bool:
    answered = users.tokens.ending(f"{kind} {its_id}", *subjects)
    is_gone = users.delete(kind, path, its_id, *subjects, admin=True)
    if is_gone:
        answered()
    return is_gone


def switch_role(users: "Users", dice: random.Random) -> None:
    """Take somebody's role, or give it again."""
    person = some_person(users, dice)
    if person is None:
        return
    if dice.random() < 0.4:
        give(users, person)
        return
    answered = users.tokens.ending(person.grant)
    if is_gone(users.send("DELETE", grant_path(person), admin=True)):
        answered()


def switch_membership(users: "Users", dice: random.Random) -> None:
    """Take somebody out of their group, or in again."""
    person = some_person(users, dice)
    if person is None or person.group_id is None:
        return
    subject, path = f"member {person.group_id} {person.id}", f"{K}/groups/{person.group_id}/users/{person.id}"
    if dice.random() < 0.4:
        answered = users.tokens.undoing(subject)
        if users.send("PUT", path, admin=True) is not None:
            answered()
        return
    answered = users.tokens.ending(subject)
    if is_gone(users.send("DELETE", path, admin=True)):
        answered()


def create_credential(users: "Users", dice: random.Random) -> None:
    """Keep a secret for somebody; its type is the name by which it is counted."""
    user_id = users.one("user", dice)
    if user_id is not None:
        body = {"credential": {"user_id": user_id, "type": users.name("credential"), "blob": "a secret"}}
        users.create("credential", f"{K}/credentials", body, dice, admin=True, name=body["credential"]["type"],
                     may_be=REFUSED, owners=(f"user {user_id}",))


def delete_credential(users: "Users", dice: random.Random) -> None:
    """Delete a secret."""
    credential_id = users.one("credential", dice)
    if credential_id is not None:
        users.delete("credential", f"{K}/credentials/{credential_id}", credential_id, admin=True)
