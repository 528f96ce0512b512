"""The behavioral-analysis service: scores an entity against its own past."""
