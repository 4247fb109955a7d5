"""Unit codes: serials, secret inner codes, and runs of them under one root. Pure but for reading and writing runs."""
