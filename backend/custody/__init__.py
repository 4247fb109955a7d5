"""Who holds how much of which batch: the contract's rules, kept at the door so that nothing waits for a no."""
