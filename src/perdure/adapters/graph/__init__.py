"""Found by relations."""
