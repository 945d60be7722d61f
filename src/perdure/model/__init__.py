"""What things are: frozen dataclasses, no I/O, no third-party import. The words are those of ARCHITECTURE.md."""
