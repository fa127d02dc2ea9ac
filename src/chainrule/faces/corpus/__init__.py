"""Texts: their letters as tokens, a transformer that learns to say the next one, and what it then writes."""
