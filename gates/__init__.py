"""The gate: what it demands, what it saw, what it concluded, what it did.

`gates.workflows.pipeline` tells the whole story on one page; `ARCHITECTURE.md` draws the rooms.
"""
