"""Judges evidence: the only package that compares a number with a threshold."""
