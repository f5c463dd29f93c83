"""The compute part: rules and queries about servers, flavors, keypairs and hosts; no libvirt, no bus."""
