"""What is printed on a thing, read from it, and said about it by a device."""
