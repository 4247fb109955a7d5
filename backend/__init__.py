"""Jiulian's product: captures in, evidence anchored, orders served, scans answered, oddities shown."""
