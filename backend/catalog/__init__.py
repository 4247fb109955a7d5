"""What is sold, where and for how much; and the codes of every bottle and case."""
