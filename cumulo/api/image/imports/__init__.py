"""Importing images: by what methods, and beginning it."""
