"""Hash trees, tree heads and proof files: what is shown without being believed. Pure."""
