"""Loads the plugin that points producers at a target and records what they saw."""

pytest_plugins = ["gates.adapters.pytest_plugin"]
