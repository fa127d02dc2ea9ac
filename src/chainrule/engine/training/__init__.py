"""Training: the compiled program, the loop that drives it, and its options."""
