"""Numbers from records: distinct evidence, distances, and the flow to be expected of honest trade."""
