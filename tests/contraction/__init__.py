"""Tests of contractions."""
