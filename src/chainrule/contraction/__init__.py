"""Contraction: sums of products over indices, as a string says them: the notation, the sums, the terms."""
