"""The embedded chain: one anvil, our own sequencer in front of it, and a journal that survives kill -9.

For one machine. A real deployment is an RPC URL of a consortium chain or a public L2 instead.
"""
