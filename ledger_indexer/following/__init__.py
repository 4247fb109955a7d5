"""Keeping the mirror in step with a node: the process, the follower, a rebuild."""
