"""Errors of the sandbox's commands, with the message that the user reads."""


class SandboxError(Exception):
    """A command cannot be done; the message says why and what to do."""
