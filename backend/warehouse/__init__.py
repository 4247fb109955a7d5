"""The warehouse app's side of the server: its pages, its files, and what it needs to work offline."""
