"""Blocks, headers, receipts and logs as a node gives them, and what their hashes commit to. Pure."""
