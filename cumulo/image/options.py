"""Options of the image part."""

import os
import re

from oslo_config import cfg

from cumulo.common.s3 import ENDPOINT_OPTIONS
from cumulo.image import uris

GROUP = "image"
STORE_GROUP = "image_store_"
_TIMEOUT = cfg.IntOpt("timeout_s", default=60, min=1, max=3600,
                      help="Seconds without an answer after which the server counts as away.")
_CA_FILE = cfg.StrOpt("ca_file", default="",
                      help="File with the certificates that sign the server's. Empty means those of the system.")
_DESCRIPTION = cfg.StrOpt("description", default="", help="What users are told of the store.")
_WEIGHT = cfg.IntOpt("weight", default=0, min=-1000000, max=1000000,
                     help="An image is read from the heaviest of the stores that have it, and of those from one on the "
                          "host; it names them in that order.")
FILE_STORE_OPTIONS = [
    cfg.StrOpt("directory", default="",
               help="Directory of a store of the kind file. Empty means [image] store_dir for the store named file, "
                    "images-<name> below state_dir for others."),
    _DESCRIPTION, _WEIGHT,
]
HTTP_STORE_OPTIONS = [
    cfg.ListOpt("allowed_urls", default=[],
                help="Beginnings of the URLs that a store of the kind http reads. Empty, the default, allows none: the "
                     "services reach servers that users must not."),
    _TIMEOUT, _CA_FILE, _DESCRIPTION, _WEIGHT,
]
S3_STORE_OPTIONS = [
    *ENDPOINT_OPTIONS,
    cfg.StrOpt("spool_directory", default="",
               help="Where data is while it is uploaded and inspected, before it goes to the bucket as a whole; it needs "
                    "room for every image on its way. Empty means spool-<name> below state_dir."),
    _TIMEOUT, _CA_FILE, _DESCRIPTION, _WEIGHT,
]
STORE_OPTIONS = {"file": FILE_STORE_OPTIONS, "http": HTTP_STORE_OPTIONS, "s3": S3_STORE_OPTIONS}
"""What a store of each kind is told, in the group image_store_<its name>."""
OPTIONS = [
    cfg.ListOpt("enabled_stores", default=["file:file"],
                help="Where data of images may be: name:kind of each store, names of letters, digits, - and _. What "
                     "a store is told stands in a group of its own: [image_store_<name>]."),
    cfg.StrOpt("default_store", default="",
               help="The store that data goes to where nobody names one. Empty means the first of enabled_stores."),
    cfg.StrOpt("store_dir", default="",
               help="Directory that holds the data of images, one file each. Empty, the default, means images "
                    "below state_dir. API processes on several hosts need a shared file system here."),
    cfg.IntOpt("max_size_gib", default=1024, min=1, max=1048576,
               help="Largest image that is accepted, and largest disk in one, in GiB. The default only stops an endless "
                    "upload, and disks that nobody could write out."),
    cfg.StrOpt("cache_dir", default="",
               help="Directory in which an API host keeps copies of images whose stores are not on it. Empty means "
                    "image-cache below state_dir."),
    cfg.IntOpt("cache_gib", default=10, min=0, max=1048576,
               help="GiB that these copies may take; beyond it those that were not read for longest are dropped. "
                    "0 keeps none."),
    cfg.IntOpt("default_page_size", default=25, min=1, max=1000,
               help="Images in one page of a list where the caller names no limit; what clients expect."),
    cfg.IntOpt("max_page_size", default=1000, min=1, max=10000,
               help="Images in one page of a list at most. 1000 keep an answer near 1 MiB."),
    cfg.IntOpt("max_properties", default=128, min=0, max=10000,
               help="Free properties one image may have. The default bounds the size of a list's answer."),
    cfg.BoolOpt("show_multiple_locations", default=False,
                help="Tell owners where the data of their images is, and let them add URLs that a store of the kind http "
                     "may read, and take places away. Whoever is told of a URL may pass it on, so the default is no."),
    cfg.BoolOpt("hash_locations", default=True,
                help="Read what a new location leads to, once, to hash it, to compare it with what the client said, and to "
                     "look at its format. Without it such data is taken as it is called."),
    cfg.BoolOpt("show_image_direct_url", default=False,
                help="Tell owners the first place of the data of their images as direct_url."),
    cfg.StrOpt("property_protection_file", default="",
               help="File of rules that say which roles make, read, change and remove which properties "
                    "(doc/images.md). Empty, the default, means that who may change an image may do all of it."),
    cfg.IntOpt("max_tags", default=128, min=0, max=10000,
               help="Tags one image may have. The default bounds the size of a list's answer."),
    cfg.IntOpt("max_members", default=128, min=0, max=10000,
               help="Projects one image may be shared with. Beyond that a community image serves better."),
    cfg.BoolOpt("format_enforcement", default=True,
                help="Refuse data that is not of the disk_format its image declares. Without it such data is stored as "
                     "it is, and hosts that cannot read it refuse to boot it. What is declared as vmdk must always be "
                     "it, and data that refers to other files is refused either way."),
    cfg.IntOpt("inspection_timeout_s", default=30, min=1, max=600,
               help="Seconds that looking into an uploaded image may take; a sound image needs well under one."),
    cfg.IntOpt("inspection_memory_mib", default=1024, min=128, max=65536,
               help="Address space in MiB of the program that looks into an uploaded image."),
    cfg.StrOpt("staging_dir", default="",
               help="Directory of this host for data that waits to be imported, and for work on it. Empty, the default, "
                    "means staging below state_dir. The API and the image agent of a host share it."),
    cfg.ListOpt("import_methods", default=["glance-direct", "web-download", "copy-image"],
                help="How images may be imported: of these three, and glance-download, which reads images of other "
                     "regions with the token of whoever asks for it."),
    cfg.ListOpt("remote_hosts", default=[],
                help="Hosts of other regions' image services that glance-download may read from. Empty, the default, "
                     "allows every one that the catalog names, which only administrators write."),
    cfg.ListOpt("remote_properties", default=["hw_", "trait:", "os_distro", "os_secure_boot", "os_type"],
                help="Beginnings of the names of the properties that glance-download copies with the data, besides its "
                     "formats."),
    cfg.StrOpt("remote_ca_file", default="",
               help="File with the certificates that sign those of other regions' image services. Empty means those of "
                    "the system."),
    cfg.IntOpt("import_timeout_s", default=21600, min=60, max=30 * 86400,
               help="Seconds after which an import that has not ended is undone. Six hours let a slow server send a "
                    "large image, and a host come back."),
    cfg.StrOpt("convert_to", default="", choices=["", "raw", "qcow2"],
               help="Format that disks are converted to when they are imported; empty leaves them as they are. raw "
                    "starts fastest where hosts have room, qcow2 takes the least of a store."),
    cfg.IntOpt("conversion_memory_mib", default=2048, min=256, max=65536,
               help="Address space in MiB of the program that converts an imported image."),
    cfg.BoolOpt("decompress", default=True,
                help="Unpack what is imported as gzip, bzip2, xz or zip, unless its container_format is compressed or "
                     "it is a kernel or ramdisk."),
    cfg.ListOpt("web_schemes", default=["http", "https"], help="Schemes that web-download opens."),
    cfg.ListOpt("web_ports", item_type=cfg.types.Integer(1, 65535), default=[80, 443],
                help="Ports that web-download connects to."),
    cfg.ListOpt("web_allowed_hosts", default=[],
                help="Host names that web-download may name; one beginning with a dot stands for all below it. Empty, "
                     "the default, allows every name."),
    cfg.ListOpt("web_denied_hosts", default=["localhost"],
                help="Host names that web-download must not name, as above; they are refused even if they are allowed."),
    cfg.ListOpt("web_allowed_networks", default=[],
                help="Ranges of addresses that web-download may connect to although they are not public: loopback, "
                     "link-local, private, shared, multicast and reserved addresses are refused otherwise, whatever "
                     "name leads to them."),
    cfg.ListOpt("web_denied_networks", default=[],
                help="Ranges of addresses that web-download never connects to, such as the public ones of this cloud."),
    cfg.IntOpt("web_timeout_s", default=30, min=1, max=3600,
               help="Seconds for which a server that web-download or glance-download reads from may be silent."),
    cfg.IntOpt("agent_heartbeat_s", default=5, min=1, max=10,
               help="Seconds between two signs of life of the image agent."),
]


def register(conf: cfg.ConfigOpts) -> None:
    """Declare the options of this part."""
    conf.register_opts(OPTIONS, group=GROUP)


def store_dir(conf: cfg.ConfigOpts) -> str:
    """Return the directory of the file store."""
    return os.path.abspath(conf.image.store_dir or os.path.join(conf.state_dir, "images"))


def cache_dir(conf: cfg.ConfigOpts) -> str:
    """Return the directory of the cache."""
    return os.path.abspath(conf.image.cache_dir or os.path.join(conf.state_dir, "image-cache"))


def stores(conf: cfg.ConfigOpts) -> list[tuple[str, str]]:
    """Return the name and the kind of each store; raises ValueError."""
    pairs = [entry.strip().partition(":")[::2] for entry in conf.image.enabled_stores]
    for name, kind in pairs:
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name) or kind not in STORE_OPTIONS:
            raise ValueError(f"[image] enabled_stores: {name}:{kind} is not name:kind, "
                             f"the kind being one of {', '.join(STORE_OPTIONS)}")
    if not pairs or len(dict(pairs)) != len(pairs):
        raise ValueError("[image] enabled_stores names no store, or one twice")
    return pairs


def register_store(conf: cfg.ConfigOpts, name: str, kind: str) -> None:
    """Declare the options of one store."""
    conf.register_opts(STORE_OPTIONS[kind], group=STORE_GROUP + name)


def store_directory(conf: cfg.ConfigOpts, name: str) -> str:
    """Return the directory of a store of the kind file, whose options are declared."""
    own = conf[STORE_GROUP + name].directory
    if not own and name == "file":
        return store_dir(conf)
    return os.path.abspath(own or os.path.join(conf.state_dir, f"images-{name}"))


def spool_directory(conf: cfg.ConfigOpts, name: str) -> str:
    """Return where data is on its way into a store of the kind s3, whose options are declared."""
    return os.path.abspath(conf[STORE_GROUP + name].spool_directory or os.path.join(conf.state_dir, f"spool-{name}"))


def store_description(conf: cfg.ConfigOpts, name: str) -> str:
    """Return what users are told of a store."""
    for each, kind in stores(conf):
        if each == name:
            register_store(conf, name, kind)
            return str(conf[STORE_GROUP + name].description)
    return ""


def staging_dir(conf: cfg.ConfigOpts) -> str:
    """Return the directory for data that waits to be imported."""
    return os.path.abspath(conf.image.staging_dir or os.path.join(conf.state_dir, "staging"))


def web_rules(conf: cfg.ConfigOpts) -> uris.Rules:
    """Return what web-download may open; raises ValueError for ranges that are none."""
    image = conf.image
    return uris.Rules(
        schemes=tuple(image.web_schemes), ports=tuple(image.web_ports), allowed_hosts=tuple(image.web_allowed_hosts),
        denied_hosts=tuple(image.web_denied_hosts), allowed_networks=uris.networks(image.web_allowed_networks),
        denied_networks=uris.networks(image.web_denied_networks))
