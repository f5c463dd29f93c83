"""The stores of this cloud: made as the configuration names them, asked all at once.

    [image]
    enabled_stores = file:file, fast:file, far:s3
    default_store = file

    [image_store_fast]
    directory = /ssd/images

    [image_store_far]
    endpoint = https://objects.example.org
    bucket = images
"""

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from cumulo.common import errors, log, s3
from cumulo.common.threads import Threads
from cumulo.image import options
from cumulo.image.intake import Memory
from cumulo.image.store.file import FileStore
from cumulo.image.store.http import HttpStore
from cumulo.image.store.protocol import Store, run
from cumulo.image.store.s3 import S3Store

LOG = log.get(__name__)


@dataclasses.dataclass(frozen=True)
class Stores:
    """Every store by its name, in the order of the configuration; what is uploaded goes to the default one.

    memory is what all data that goes into them may take of this process; weights are those of the stores that have one.
    """

    by_name: Mapping[str, Store]
    default_name: str
    weights: Mapping[str, int] = dataclasses.field(default_factory=dict)
    memory: Memory = dataclasses.field(default_factory=Memory)

    @classmethod
    def of(cls, *stores: Store) -> "Stores":
        """Return these stores; the first is the default."""
        return cls({store.name: store for store in stores}, stores[0].name)

    @property
    def default(self) -> Store:
        """Return the store for data that names none."""
        return self.by_name[self.default_name]

    @property
    def all(self) -> tuple[Store, ...]:
        """Return every store."""
        return tuple(self.by_name.values())

    def named(self, name: str) -> Store:
        """Return a store; raises BadRequest when there is none of that name."""
        if name not in self.by_name:
            raise errors.BadRequest(f"There is no store {name[:64]!r}.")
        return self.by_name[name]

    def writable(self, name: str | None) -> Store:
        """Return the store that data shall go to, the default one for None; raises BadRequest when it only reads."""
        store = self.default if name is None else self.named(name)
        if not store.writable:
            raise errors.BadRequest(f"Store {store.name} takes no data.")
        return store

    def best(self, locations: Iterable[Mapping[str, Any]]) -> tuple[Store, str] | None:
        """Return the store to read from and the data's name in it: the heaviest, of those one on this host."""
        known = [(self.by_name[each["store"]], str(each["name"])) for each in locations
                 if each["store"] in self.by_name]
        return min(known, key=lambda pair: (-self.weight(pair[0].name), not pair[0].local), default=None)

    def weight(self, name: str) -> int:
        """Return the weight of a store, 0 where nobody gave it one."""
        return self.weights.get(name, 0)

    def delete(self, threads: Threads, store: str | None, name: str) -> None:
        """Remove data from one store, from every one for None; what is gone already is no error."""
        for each in self.all if store is None else (self.by_name.get(store),):
            if each is None:
                LOG.warning("image_store_unknown", store=store, name=name)
            elif each.writable:
                run(threads, each, each.delete, name)

    def holdings(self) -> dict[str, Any]:
        """Return what each store holds, as the audit asks for it; who does not answer is left out."""
        held = {}
        for store in self.all:
            try:
                holdings = store.holdings()
            except OSError as failure:
                LOG.warning("image_store_silent", store=store.name, error=failure)
                continue
            if holdings is not None:
                held[store.name] = holdings.to_dict()
        return {"stores": held}


def make(conf: Any) -> Stores:
    """Return the stores that the configuration names; raises ValueError for what makes no sense."""
    made = {name: _make(conf, name, kind) for name, kind in options.stores(conf)}
    default = conf.image.default_store or next(iter(made))
    if default not in made or not made[default].writable:
        raise ValueError(f"[image] default_store = {default} is not a store that takes data")
    return Stores(made, default, {name: conf[options.STORE_GROUP + name].weight for name in made})


def _make(conf: Any, name: str, kind: str) -> Store:
    options.register_store(conf, name, kind)
    settings = conf[options.STORE_GROUP + name]
    if kind == "s3":
        spool = FileStore(options.spool_directory(conf, name), name)
        client = s3.make_client(settings, "a store of the kind s3", timeout_s=settings.timeout_s)
        return S3Store(name, client, settings.bucket, settings.prefix, spool)
    if kind == "http":
        return HttpStore(name, settings.allowed_urls, settings.timeout_s, settings.ca_file)
    return FileStore(options.store_directory(conf, name), name)
