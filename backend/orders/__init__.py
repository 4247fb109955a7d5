"""Orders from draft to receipt: placed by people, moved on by what devices capture."""
