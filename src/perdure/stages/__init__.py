"""What happens: one verb a file. Pure stages are functions over frozen dataclasses."""
