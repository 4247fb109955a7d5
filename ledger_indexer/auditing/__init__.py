"""Checking the mirror against nodes, and nodes against themselves and each other."""
