"""Sharing an image with other projects."""

from typing import Any

from cumulo.api.image.members import view
from cumulo.api.wsgi.route import Request
from cumulo.image import images, members


def list_members(request: Request) -> dict[str, Any]:
    """List members: all to the owner, itself to a member."""
    with request.services.database.read() as connection:
        image = images.get_visible_image(connection, request.context, request.params["image_id"])
        found = members.list_members(connection, request.context, image)
    return {"members": [view.member(row) for row in found], "schema": "/v2/schemas/members"}


def create(request: Request) -> dict[str, Any]:
    """Share an image with a project, which may then accept."""
    database, member_id = request.services.database, request.body["member"]
    with database.write() as connection:
        image = images.get_own_image(connection, request.context, request.params["image_id"])
        members.add_member(connection, database.now(connection), image, member_id,
                           maximum=request.services.conf.image.max_members)
        return view.member(members.get_member(connection, request.context, image, member_id))


def show(request: Request) -> dict[str, Any]:
    """Show one member."""
    with request.services.database.read() as connection:
        image = images.get_visible_image(connection, request.context, request.params["image_id"])
        return view.member(members.get_member(connection, request.context, image, request.params["member_id"]))


def update(request: Request) -> dict[str, Any]:
    """Accept or reject an image, as the project it is shared with."""
    database, member_id = request.services.database, request.params["member_id"]
    with database.write() as connection:
        image = images.get_visible_image(connection, request.context, request.params["image_id"], lock=True)
        member = members.get_member(connection, request.context, image, member_id)
        now = database.now(connection)
        members.set_status(connection, now, request.context, member, request.body["status"])
        return view.member(members.get_member(connection, request.context, image, member_id))


def delete(request: Request) -> None:
    """Stop sharing an image with a project."""
    with request.services.database.write() as connection:
        image = images.get_own_image(connection, request.context, request.params["image_id"])
        members.remove_member(connection, image, request.params["member_id"])
