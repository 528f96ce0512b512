"""Signed statements: OpenSSH signatures, allowed signers, statement files, pre-authorisations."""
