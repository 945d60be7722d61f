"""The rule extractor: patterns, slots and time phrases as data, and the small engine that applies them."""
