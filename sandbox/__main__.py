"""`python -m sandbox`: the local Cloud Run with its nine services."""

import sys

from sandbox.cli import main

if __name__ == "__main__":
    sys.exit(main())
