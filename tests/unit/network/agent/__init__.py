"""Tests of cumulo.network.agent."""
