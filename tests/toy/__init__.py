"""A rule that isn't the product's: what its test adds to the registry from outside."""
