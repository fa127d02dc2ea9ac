"""Layers: rules that pass an activation on and an error signal back."""
