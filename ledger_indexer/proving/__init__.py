"""Proofs of single mirrored rows, made here and checked without a node."""
