"""Compares what the product believes (custody) with what the chain says (the mirror). It corrects nothing."""
