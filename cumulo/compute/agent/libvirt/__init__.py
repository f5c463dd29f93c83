"""Servers as libvirt domains: XML rendered purely, calls made in native threads."""
