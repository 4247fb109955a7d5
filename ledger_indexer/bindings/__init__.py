"""What the contracts are called, what they say and where they stand."""
