"""The contracts: names, ABI, logs and addresses."""
