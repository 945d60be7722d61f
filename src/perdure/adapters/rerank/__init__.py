"""Rerankers: a second look at the head of a ranking."""
