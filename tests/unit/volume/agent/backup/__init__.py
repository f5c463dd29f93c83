"""Tests of backups as an agent makes them."""
