"""Unit custody: who holds which case and which bottle, and the events that made it so."""
