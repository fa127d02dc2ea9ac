"""Runs: what a training leaves, as files that outlive us."""
