"""Tests of the compute agent."""
