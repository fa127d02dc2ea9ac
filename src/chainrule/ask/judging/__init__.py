"""Judging: the status of each printed number."""
