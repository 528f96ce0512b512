"""What can go wrong with a command of the sandbox, as its user is told."""


class SandboxError(Exception):
    """A command cannot be done; the message says why and what to do."""
