"""Tests of networks, sweeps and training."""
