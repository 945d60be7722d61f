"""The verbs of `perdure.Memory`, a file for each thing one does with a memory."""
