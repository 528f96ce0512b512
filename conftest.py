"""Loads the plugins that point producers at a target, record what they saw, and end with a verdict."""

pytest_plugins = ["gates.adapters.producers.pytest_plugin", "gates.cli.pytest_gate"]
