"""Rules of the image API: who may begin what. Whose image it is, the handlers check on the image itself."""

from typing import Any

from oslo_policy import policy

from cumulo.api.image import policies_metadefs


def _rule(name: str, check: str, description: str, *operations: tuple[str, str]) -> policy.DocumentedRuleDefault:
    named: list[dict[str, Any]] = [{"method": method, "path": path} for method, path in operations]
    return policy.DocumentedRuleDefault(f"image:{name}", check, description, named)


RULES = (
    _rule("images:create", "rule:project_member", "Create an image.", ("POST", "/v2/images")),
    _rule("images:list", "rule:project_reader", "List images.", ("GET", "/v2/images")),
    _rule("images:show", "rule:project_reader", "Show an image.", ("GET", "/v2/images/{image_id}")),
    _rule("images:update", "rule:project_member", "Change an image.", ("PATCH", "/v2/images/{image_id}")),
    _rule("images:delete", "rule:project_member", "Delete an image.", ("DELETE", "/v2/images/{image_id}")),
    _rule("images:publicize", "rule:admin_required", "Make an image public.",
          ("POST", "/v2/images"), ("PATCH", "/v2/images/{image_id}")),
    _rule("images:communitize", "rule:project_member", "Make an image a community image.",
          ("POST", "/v2/images"), ("PATCH", "/v2/images/{image_id}")),
    _rule("images:set_owner", "rule:admin_required", "Name another project as owner.",
          ("POST", "/v2/images"), ("PATCH", "/v2/images/{image_id}")),
    _rule("images:deactivate", "rule:project_member", "Forbid the download of an image.",
          ("POST", "/v2/images/{image_id}/actions/deactivate")),
    _rule("images:reactivate", "rule:project_member", "Allow the download of an image again.",
          ("POST", "/v2/images/{image_id}/actions/reactivate")),
    _rule("data:upload", "rule:project_member", "Upload the data of an image.", ("PUT", "/v2/images/{image_id}/file")),
    _rule("data:download", "rule:project_reader", "Download the data of an image.",
          ("GET", "/v2/images/{image_id}/file")),
    _rule("cache:list", "rule:admin_required", "List the copies of images that a host keeps.", ("GET", "/v2/cache")),
    _rule("cache:add", "rule:admin_required", "Have a host make a copy of an image.", ("PUT", "/v2/cache/{image_id}")),
    _rule("cache:delete", "rule:admin_required", "Drop copies of images.",
          ("DELETE", "/v2/cache"), ("DELETE", "/v2/cache/{image_id}")),
    _rule("tags:change", "rule:project_member", "Add or remove a tag.",
          ("PUT", "/v2/images/{image_id}/tags/{tag}"), ("DELETE", "/v2/images/{image_id}/tags/{tag}")),
    _rule("members:show", "rule:project_reader", "List or show the members of an image.",
          ("GET", "/v2/images/{image_id}/members"), ("GET", "/v2/images/{image_id}/members/{member_id}")),
    _rule("members:change", "rule:project_member", "Add, accept, reject or remove a member of an image.",
          ("POST", "/v2/images/{image_id}/members"), ("PUT", "/v2/images/{image_id}/members/{member_id}"),
          ("DELETE", "/v2/images/{image_id}/members/{member_id}")),
    _rule("imports:show", "rule:any_token", "List the ways to import an image.", ("GET", "/v2/info/import")),
    _rule("imports:begin", "rule:project_member", "Import an image.", ("POST", "/v2/images/{image_id}/import")),
    _rule("imports:copy", "rule:admin_required", "Copy an image to further stores.",
          ("POST", "/v2/images/{image_id}/import")),
    _rule("staging:stage", "rule:project_member", "Upload data that waits to be imported.",
          ("PUT", "/v2/images/{image_id}/stage")),
    _rule("stores:list", "rule:any_token", "List the stores.", ("GET", "/v2/info/stores")),
    _rule("stores:details", "rule:admin_required", "List the stores with what they stand on.",
          ("GET", "/v2/info/stores/detail")),
    _rule("stores:delete", "rule:project_member", "Remove an image from one of its stores.",
          ("DELETE", "/v2/stores/{store_id}/{image_id}")),
    _rule("tasks:of_image", "rule:project_reader", "List the imports of an image.",
          ("GET", "/v2/images/{image_id}/tasks")),
    _rule("tasks:list", "rule:admin_required", "List or show tasks.",
          ("GET", "/v2/tasks"), ("GET", "/v2/tasks/{task_id}")),
    _rule("tasks:create", "rule:admin_required", "Make an image by a task.", ("POST", "/v2/tasks")),
    _rule("schemas:show", "rule:any_token", "Read a schema.", ("GET", "/v2/schemas/{name}"),
          ("GET", "/v2/schemas/metadefs/{name}")),
    _rule("locations:set", "rule:project_member", "Add or change locations of an image.",
          ("PATCH", "/v2/images/{image_id}")),
    _rule("locations:delete", "rule:project_member", "Remove a location of an image.",
          ("PATCH", "/v2/images/{image_id}")),
    _rule("locations:add", "rule:project_member", "Make a queued image of data at a URL.",
          ("POST", "/v2/images/{image_id}/locations")),
    # Whoever knows a URL may pass it on: only what moves data itself is told.
    _rule("locations:show", "rule:service or rule:admin_required", "See where the data of an image is.",
          ("GET", "/v2/images/{image_id}/locations")),
    _rule("usage:show", "rule:project_reader", "Show what the caller's project has of images, and may have.",
          ("GET", "/v2/info/usage")),
    *policies_metadefs.RULES,
)
