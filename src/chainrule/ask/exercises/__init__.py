"""Exercises: worksheets with friendly numbers, their answer keys, and the marking of filled-in sheets."""
