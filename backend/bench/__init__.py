"""Measures the product's front door with everything running beside it. Only `jiulian bench` uses it."""
