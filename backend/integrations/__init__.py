"""Tables of other systems: read in, line by line, with a reason for every line that is not taken."""
