"""Found by meaning."""
