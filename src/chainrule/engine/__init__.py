"""The engine: networks, one step of backpropagation, and whole compiled trainings."""
