"""Found by key: (entity, attribute) to value."""
