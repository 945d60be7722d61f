"""Backends: how the outside does it, one class a file, third-party imports inside."""
