"""A node over JSON-RPC, and the blocks with their logs that are fetched from it."""
