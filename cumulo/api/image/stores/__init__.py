"""The stores of this cloud, and removing an image from one."""
