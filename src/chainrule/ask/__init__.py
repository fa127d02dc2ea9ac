"""What can be asked of a network: worked examples, derivations, and the documents that answer."""
