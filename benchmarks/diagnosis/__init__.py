"""How often a broken training is seen, its cause named and mended, and how often a healthy one is accused."""
