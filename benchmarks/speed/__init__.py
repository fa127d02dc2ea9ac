"""Speed, side by side with every peer in one run: `python -m benchmarks.speed --help`."""
