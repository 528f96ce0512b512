"""The nine services; none imports another."""
