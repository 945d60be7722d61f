"""Found by words."""
