"""Console commands of the backend's processes."""
