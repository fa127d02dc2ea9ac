"""Somebody's own gradients: checked, and what is wrong with them."""
