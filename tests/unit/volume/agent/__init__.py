"""Tests of the volume agent."""
