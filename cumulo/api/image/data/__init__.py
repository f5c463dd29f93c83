"""The data of an image: up and down."""
