"""Cases: a worked example or a network on some rows, worked through number by number."""
