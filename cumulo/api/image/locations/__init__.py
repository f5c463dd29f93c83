"""Locations of images as things of their own: where data is, and making an image of data that stays where it is."""
