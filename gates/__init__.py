"""The gate: it looks at a release, judges it, decides, acts and reports.

`gates.workflows.pipeline` is all of it on one page; `ARCHITECTURE.md` draws the packages.
"""

import sys

# httpx imports its own command line with click, rich and Pygments, for a tenth of a second in every process.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]
