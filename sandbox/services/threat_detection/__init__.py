"""The threat-detection service: turns correlations into threats."""
