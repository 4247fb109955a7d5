"""A faithful copy ("mirror") of our contracts' logs in SQL, built from the chain alone."""
