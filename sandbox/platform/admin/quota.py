"""The quota of write requests per minute and region."""

from __future__ import annotations

import time
from collections.abc import Callable

from sandbox.platform.api_errors import ApiError, Code
from sandbox.platform.contract import KnobBoard

WINDOW_S = 60.0


class WriteQuota:
    """Counts writes in windows of a minute; a window opens with its first write."""

    def __init__(self, board: KnobBoard, clock: Callable[[], float] = time.monotonic) -> None:
        self._board = board
        self._clock = clock
        self._opened_at = -WINDOW_S
        self._used = 0

    def take(self) -> None:
        """Count one write.

        Raises:
            ApiError: RESOURCE_EXHAUSTED when the minute's quota is spent; a refused write counts as well.
        """
        now = self._clock()
        if now - self._opened_at >= WINDOW_S:
            self._opened_at, self._used = now, 0
        self._used += 1
        if self._used > self._board.current.writes_per_minute:
            raise ApiError(
                Code.RESOURCE_EXHAUSTED,
                "Quota exceeded for quota metric 'Write requests' and limit 'Write requests per minute per "
                "region' of service 'run.googleapis.com'.",
            )
