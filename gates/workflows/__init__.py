"""The use cases of the gate, one story per file. They take ports and values, never adapters."""
