"""Options of the image part."""

import os

from oslo_config import cfg

GROUP = "image"
OPTIONS = [
    cfg.StrOpt("store_dir", default="",
               help="Directory that holds the data of images, one file each. Empty, the default, means images "
                    "below state_dir. API processes on several hosts need a shared file system here."),
    cfg.IntOpt("max_size_gib", default=1024, min=1, max=1048576,
               help="Largest image that is accepted, in GiB. The default only stops an endless upload."),
    cfg.IntOpt("default_page_size", default=25, min=1, max=1000,
               help="Images in one page of a list where the caller names no limit; what clients expect."),
    cfg.IntOpt("max_page_size", default=1000, min=1, max=10000,
               help="Images in one page of a list at most. 1000 keep an answer near 1 MiB."),
    cfg.IntOpt("max_properties", default=128, min=0, max=10000,
               help="Free properties one image may have. The default bounds the size of a list's answer."),
    cfg.IntOpt("max_tags", default=128, min=0, max=10000,
               help="Tags one image may have. The default bounds the size of a list's answer."),
    cfg.IntOpt("max_members", default=128, min=0, max=10000,
               help="Projects one image may be shared with. Beyond that a community image serves better."),
    cfg.IntOpt("inspection_timeout_s", default=30, min=1, max=600,
               help="Seconds that looking into an uploaded image may take; a sound image needs well under one."),
    cfg.IntOpt("inspection_memory_mib", default=1024, min=128, max=65536,
               help="Address space in MiB of the program that looks into an uploaded image."),
]


def register(conf: cfg.ConfigOpts) -> None:
    """Declare the options of this part."""
    conf.register_opts(OPTIONS, group=GROUP)


def store_dir(conf: cfg.ConfigOpts) -> str:
    """Return the directory of the file store."""
    return os.path.abspath(conf.image.store_dir or os.path.join(conf.state_dir, "images"))
