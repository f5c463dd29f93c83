"""What a body names for a server, looked up: flavor, image, keypair, user data. A name of nothing is a bad request."""

import base64
import binascii
from typing import Any

import sqlalchemy as sa

from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.compute import flavors, hardware, keypairs, passthrough
from cumulo.image import formats, images

Body = dict[str, Any]


def find_flavor(request: Request, connection: sa.Connection, flavor_id: str) -> flavors.Row:
    """The flavor by its id, which clients may also give as the last part of its URL."""
    any_flavor = request.may("compute:flavors:manage")
    try:
        return flavors.get_flavor(connection, request.context, flavor_id.rsplit("/", 1)[-1], any_flavor=any_flavor)
    except errors.NotFound as failure:
        raise errors.BadRequest(failure.message) from failure


def find_image(request: Request, connection: sa.Connection, reference: str, flavor: flavors.Row) -> dict[str, Any]:
    """The image by its id or URL, if it is active and fits the flavor."""
    return checked_image(visible_image(request, connection, reference.rsplit("/", 1)[-1]), flavor)


def checked_image(image: dict[str, Any] | None, flavor: flavors.Row) -> dict[str, Any]:
    """The same of an image that was looked up already."""
    if image is None:
        raise errors.BadRequest("imageRef is required: a server boots from an image.")
    image_id = image["id"]
    if image["status"] != "active":
        raise errors.BadRequest(f"Image {image_id} is not active.")
    if formats.is_wrapped(image["container_format"]):
        raise errors.BadRequest(f"Image {image_id} is packed in {image['container_format']}; import it unpacked.")
    if image["min_ram"] > flavor["memory_mib"]:
        raise errors.BadRequest("Flavor's memory is too small for requested image.")
    if flavor["root_gib"] and image["min_disk"] > flavor["root_gib"]:
        raise errors.BadRequest("Flavor's disk is too small for requested image.")
    return image


def visible_image(request: Request, connection: sa.Connection, image_id: str | None) -> dict[str, Any] | None:
    """The image if the caller may use it, None for no id; a host boots whatever it is told of what it holds."""
    if not image_id:
        return None
    try:
        return images.get_visible_image(connection, request.context, image_id, hold=True)
    except errors.NotFound as failure:
        raise errors.BadRequest(f"Can not find requested image {image_id[:64]}") from failure


def find_key(request: Request, connection: sa.Connection, asked: Body) -> keypairs.Row | None:
    """The caller's keypair of the name that is asked for, if one is."""
    if "key_name" not in asked:
        return None
    found = keypairs.find_keypair(connection, request.context.user_id or "", asked["key_name"])
    if found is None:
        raise errors.BadRequest("Invalid key_name provided.")
    return found


def checked_user_data(text: str | None) -> str | None:
    """The user data, which must be base64."""
    if text is None:
        return None
    try:
        base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as failure:
        raise errors.BadRequest("Userdata content cannot be decoded as base64.") from failure
    return text


def check_machine(request: Request, flavor: Body, properties: Body) -> None:
    """Raise BadRequest for a machine that no host here can make, or that contradicts itself."""
    hardware.check(flavor, properties)
    passthrough.wishes(flavor, properties, passthrough.aliases(request.services.conf.servers.pci_alias))
