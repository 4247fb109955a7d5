"""A device: builds events, derives what goes on chain from them, signs, keeps and sends them."""
