"""The gate: what it demands, what it saw, what it concluded, what it did.

`gates.workflows.pipeline` tells the whole story on one page; `ARCHITECTURE.md` draws the rooms.
"""

import sys

# httpx imports its own command line with click, rich and Pygments, for a tenth of a second in every process.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]
