"""Update rules: what an optimiser makes of a gradient, one file each."""
