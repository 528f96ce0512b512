"""Derives threats from what event-processor correlated: on every list, and on demand for one asset.

Derivation is pulled, not pushed: a threat appears with the first look after its correlation changed. The
id of a threat follows from its correlation, so two instances that look at once derive the same threat once.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sandbox.kit.audit import Audit
from sandbox.kit.identity import Principal
from sandbox.kit.mesh import Mesh
from sandbox.kit.store import Store
from sandbox.services.threat_detection import domain, sources, store
from sandbox.services.threat_detection.sources import CorrelationRead


@dataclass(frozen=True, slots=True, kw_only=True)
class Derivation:
    """What deriving needs; made per request."""

    mesh: Mesh
    database: Store
    audit: Audit

    def catch_up(self, principal: Principal) -> None:
        """Derive from everything of the tenant that changed since the last look.

        Raises:
            Problem: 503 when event-processor cannot be asked; what was derived so far stays.
        """
        with self.database.read() as connection:
            mark = store.mark_of(connection, principal.tenant)
        for page in self._pages(principal, mark, None):
            self._derive(principal, page, advance=True)

    def analyze(self, principal: Principal, asset_id: str) -> tuple[int, list[str]]:
        """Look at all correlations of one asset again, also with indicators that came later.

        Returns:
            How many correlations there were, and the ids of the threats that they amount to.

        Raises:
            Problem: 503 when event-processor cannot be asked.
        """
        looked_at, threat_ids = 0, []
        for page in self._pages(principal, 0, asset_id):
            looked_at += len(page)
            threat_ids += self._derive(principal, page, advance=False)
        return looked_at, threat_ids

    def _pages(
        self, principal: Principal, mark: int, asset_id: str | None
    ) -> Iterator[Sequence[CorrelationRead]]:
        while True:
            page = sources.correlations(self.mesh, principal, changed_after=mark, asset_id=asset_id)
            if page:
                yield page
            if len(page) < sources.PAGE:
                return
            mark = page[-1].revision

    def _derive(self, principal: Principal, page: Sequence[CorrelationRead], *, advance: bool) -> list[str]:
        now, tenant, threat_ids = time.time(), principal.tenant, []
        with self.database.write() as connection:
            bad = store.known_bad(connection, tenant, (value for item in page for value in item.indicators))
            for item in page:
                found = domain.assess(tenant, item.value(), bad)
                if found is None:
                    continue
                threat_ids.append(found.id)
                if store.save_assessment(connection, tenant, found, now):
                    self.audit.record(connection, principal, "threat.detected", found.id, asset=item.asset_id)
            if advance:
                store.advance_mark(connection, tenant, page[-1].revision)
        return threat_ids
