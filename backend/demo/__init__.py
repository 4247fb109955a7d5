"""A small brand's story, played through the front door on this machine."""
