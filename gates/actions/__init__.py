"""Doing it once: ports, preconditions, receipts. The ports are implemented in gates.adapters."""
