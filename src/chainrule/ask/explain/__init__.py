"""Explanations: where a number came from, in symbols and in numbers."""
