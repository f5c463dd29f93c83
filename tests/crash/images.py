"""Images on their way through the flows that concern them, as storm.py sends servers through theirs.

A state is an image's status and the stores that have its data: "active fast,file".
"""

from typing import TYPE_CHECKING

import sqlalchemy as sa

from cumulo.cloud.refusal import Refusal
from cumulo.common.db.tables.image import image, image_location, image_url
from cumulo.common.db.tables.operations import operation
from cumulo.common.operations.step import Flow
from cumulo.identity.bootstrap import REGION
from tests.crash.plan import FAIL
from tests.crash.recipes import RECIPES, Recipe
from tests.fixtures.web_server import WebServer

if TYPE_CHECKING:
    from tests.crash.storm import Storm

IMAGES = "/image/v2/images"
CONTENT = b"content" * 1000
TRIES = 12


class Images:
    """The images of one storm, and the web server that they are downloaded from."""

    def __init__(self, storm: "Storm", web: WebServer) -> None:
        self._storm = storm
        self._client = storm.client
        web.bodies["/image"] = CONTENT
        self._started = 0

    def begin(self, recipe: Recipe, count: int) -> list[str]:
        """Images in the state that the flow begins with; nothing where it begins with new ones."""
        if not recipe.begins:
            return [""] * count
        ids = [self._filled("file") for _ in range(count)]
        self._storm.settle("preparing")
        return ids

    def start(self, recipe: Recipe, image_id: str) -> str:
        """Begin an import of a new image, by each method in turn; or a copy of one that has data; or add a location."""
        if recipe.begins:
            self._ask(image_id, {"method": {"name": "copy-image"}, "stores": ["fast"]})
            return image_id
        if recipe is RECIPES["add_location"]:
            image_id = self._new()
            self._client.post(f"{IMAGES}/{image_id}/locations", {"url": self._storm.uri})
            return image_id
        self._started += 1
        if self._started % 3 == 1:
            image_id = self._new()
            self._ask(image_id, {"method": {"name": "web-download", "uri": self._storm.uri}})
        elif self._started % 3 == 2:
            image_id = self._new()  # of this very cloud, as if it were another region's
            self._ask(image_id, {"method": {"name": "glance-download", "glance_region": REGION,
                                            "glance_image_id": self._storm.furniture.image_id}})
        else:
            image_id = self._filled("stage")
            self._ask(image_id, {"method": {"name": "glance-direct"}})
        return image_id

    def delete(self, image_id: str, *, keyed: bool = True) -> None:
        """Delete an image, whatever state it is in."""
        self._client.delete(f"{IMAGES}/{image_id}", keyed=keyed)

    def judge(self, flow: Flow, recipe: Recipe, ids: list[str], gone: list[str]) -> None:
        """Each image is as the recipe says; one is undone only where the plan made its step fail."""
        with self._storm.fleet.database.read() as connection:
            found = dict(connection.execute(sa.select(image.c.id, image.c.status)).all())
            stores: dict[str, list[str]] = {}
            for table in (image_location, image_url):
                for row in connection.execute(sa.select(table).order_by(table.c.store)):
                    stores.setdefault(row.image_id, []).append(row.store)
            owners = dict(connection.execute(sa.select(operation.c.id, operation.c.resource_id)).all())
        failed = {owners.get(each.subject) for each in self._storm.plan.fired(FAIL)}
        for each in ids:
            state = f"{found.get(each, 'gone')} {','.join(stores.get(each, []))}"
            wanted = recipe.undone if each in failed else (recipe.ends,)
            if state not in wanted:
                self._storm.problems.append(f"{flow.name}: image {each} is {state!r}, not {' or '.join(wanted)!r}")
        self._storm.problems += [f"{flow.name}: image {each} was deleted and is still there"
                                 for each in gone if each in found]

    def empty(self, ids: list[str]) -> None:
        """Delete all of them."""
        for each in ids:
            self.delete(each)
        self._storm.settle("emptying")

    def _new(self) -> str:
        made = self._client.post(IMAGES, {"name": "storm", "disk_format": "raw", "container_format": "bare"})
        return str(made["id"])

    def _filled(self, way: str) -> str:
        """A new image whose data has been sent; one whose upload was cut is given up for another."""
        for _ in range(TRIES):
            image_id = self._new()
            try:
                self._client.upload(f"{IMAGES}/{image_id}/{way}", CONTENT)
                return image_id
            except Refusal:
                self.delete(image_id)
        raise TimeoutError(f"no data could be sent ({way}) in {TRIES} tries")

    def _ask(self, image_id: str, body: dict[str, object]) -> None:
        self._client.post(f"{IMAGES}/{image_id}/import", body)
