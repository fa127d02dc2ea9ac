"""Losses: rules that end the chain in one number, E."""
