"""Dealers: where each may sell what, and the transfers the brand has approved."""
