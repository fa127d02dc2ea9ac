"""The studio: a page on which a network learns, and every number tells where it comes from."""
