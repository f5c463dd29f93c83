"""Actions on a server: start, stop, reboot, lock, unlock, console log."""
