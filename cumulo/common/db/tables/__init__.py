"""One file of tables for each part."""
