"""The image agent of a host: it imports images, a step at a time, and holds no database credentials."""
