"""Ports of floating addresses that stand for ports of servers."""
