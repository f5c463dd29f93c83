"""Options of the compute agent: which hypervisor, how guests are made, how long they may take to stop."""

from oslo_config import cfg

GROUP = "compute_agent"
OPTIONS = [
    cfg.StrOpt("driver", default="libvirt", choices=["libvirt", "fake"],
               help="What runs servers: libvirt with QEMU, or a fake that only remembers them (for tests)."),
    cfg.StrOpt("virt_type", default="auto", choices=["auto", "kvm", "qemu", "lxc"],
               help="kvm uses the processor's virtualization, qemu (TCG) emulates. auto tries a tiny guest under KVM "
                    "for 3 s and emulates when it prints nothing: /dev/kvm exists on machines where it is useless. "
                    "lxc runs containers, which share the host's kernel (doc/support-matrix.md)."),
    cfg.StrOpt("libvirt_uri", default="qemu:///system",
               help="Where libvirt answers. A cloud that starts its own libvirtd writes that one's socket here."),
    cfg.StrOpt("live_migration_uri", default="",
               help="Where the libvirt daemons of other hosts reach this one's, to send running servers here: "
                    "qemu+tls://ADDRESS/system, with which the guests' memory and disks are encrypted on their way too. "
                    "qemu+tcp is for networks that nobody else hears. Empty: none are sent here."),
    cfg.StrOpt("machine_type", default="pc",
               help="QEMU machine type. pc (i440fx) is the one whose IDE and virtio devices every guest knows; "
                    "with q35 the config drive is a virtio disk, since small kernels lack AHCI."),
    cfg.StrOpt("cpu_mode", default="auto", choices=["auto", "host-passthrough", "host-model", "maximum", "custom", "none"],
               help="Processor shown to guests. auto: host-model under KVM, maximum under emulation; none leaves it "
                    "to QEMU. host-passthrough is fastest but ties guests to equal hosts. custom is cpu_model."),
    cfg.StrOpt("cpu_model", default="",
               help="With cpu_mode custom, what guests see, by a name that virsh cpu-models x86_64 prints: the same on all hosts "
                    "between which guests move while they run."),
    cfg.ListOpt("cpu_features", default=[],
                help="Features that guests' processors have, and with a - before them have not: pcid, -vmx. A guest does not start "
                     "where the host lacks one. Not with cpu_mode none."),
    cfg.StrOpt("cpu_dedicated_set", default="",
               help="Processors of this host that are given to one guest each, of flavors with hw:cpu_policy dedicated or "
                    "mixed: 4-15,^8. Empty: such guests run elsewhere. Leave some for the host itself."),
    cfg.StrOpt("cpu_shared_set", default="",
               help="Processors that all other guests run on, with what emulating costs. Empty: those that are not in "
                    "cpu_dedicated_set."),
    cfg.ListOpt("pci_devices", default=[],
                help="PCI devices of this host that are given to guests, each VENDOR:PRODUCT[@ADDRESS] as lspci -n -D prints "
                     "them, with * for any: 10de:1db4, 8086:154c@0000:3b:*. Flavors name them by [servers] pci_alias. The host "
                     "must not use them itself. Empty: none."),
    cfg.StrOpt("graphics", default="vnc", choices=["vnc", "spice", "none"],
               help="Display of guests. vnc is what browsers show by noVNC; none spares each guest some MiB."),
    cfg.StrOpt("console_listen", default="127.0.0.1",
               help="Address at which the API's console proxy reaches this host's consoles, by a ticket that the agent "
                    "gave it. The default is for one host; name the management address where the API is elsewhere."),
    cfg.PortOpt("console_port", default=0,
                help="Port of the same; 0 takes any, which is right unless a firewall wants to know it."),
    cfg.StrOpt("disk_cache", default="writeback", choices=["writeback", "none", "directsync", "writethrough"],
               help="How QEMU caches disks. writeback honours the guest's flushes and works on every file system; "
                    "none needs one with direct I/O and spares the host's memory."),
    cfg.IntOpt("emulation_cache_mib", default=128, min=16, max=4096,
               help="MiB each emulated guest may use for translated code. QEMU's own default can reach 1024."),
    cfg.IntOpt("image_cache_gib", default=20, min=0, max=100000,
               help="GiB of base images kept after their last use; beyond it the least recently used are dropped. "
                    "Images in use by servers do not count. 0 keeps none."),
    cfg.IntOpt("image_download_timeout_s", default=60, min=5, max=3600,
               help="Seconds without a single byte after which an image download is given up and tried again."),
    cfg.IntOpt("stop_timeout_s", default=60, min=1, max=3600,
               help="Seconds a guest has to react to its power button before its power is cut."),
    cfg.IntOpt("stop_press_again_s", default=10, min=1, max=600,
               help="Seconds between presses of the power button; a guest that is still booting misses the first."),
    cfg.IntOpt("console_log_mib", default=4, min=1, max=1024,
               help="MiB of serial console output kept per server, twice at most. A guest may print without end."),
    cfg.FloatOpt("heartbeat_s", default=5.0, min=0.1, max=60.0,
                 help="Seconds between heartbeats to the scheduler. Three missed ones make a host count as down."),
    cfg.BoolOpt("host_power", default=False,
                help="Whether an administrator may reboot this host and shut it down by the API. Off: its guests, and "
                     "whatever else it runs, end with it."),
    cfg.StrOpt("fake_script", default="",
               help="JSON file the fake driver reads before every call: {\"delays\": {call: seconds}, \"faults\": "
                    "{call: message}, \"inventory\": {...}, \"cells\": [...], \"devices\": [...]}. Calls: create start pause unpause suspend "
                    "interrupt press_power_button cut_power take_snapshot drop_snapshot wipe rescue "
                    "unrescue set_password plug_card unplug_card plug_disk unplug_disk grow_volume keep_disk restore_disk "
                    "forget_disk adapt remove survey expect send receive. Empty: no delays, no faults."),
]


def register(conf: cfg.ConfigOpts) -> None:
    """Declare the options of the agent."""
    conf.register_opts(OPTIONS, group=GROUP)
