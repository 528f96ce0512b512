"""Runs the command lines of a benchmark arm: what makes its surroundings wrong, and what mends them."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from gates.adapters.machine.settings import project_root
from gates.errors import ConfigurationError

_LIMIT_S = 120


class CommandLines:
    """Command lines without a shell, bounded in time."""

    def run(self, words: Sequence[str]) -> None:
        """Run one to its end; nothing is done for an empty one.

        Raises:
            ConfigurationError: it cannot be started, failed, or did not end in time.
        """
        if not words:
            return
        line = " ".join(words)
        try:
            ended = subprocess.run(
                list(words),
                capture_output=True,
                text=True,
                timeout=_LIMIT_S,
                check=False,
                stdin=subprocess.DEVNULL,
                cwd=project_root(),
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise ConfigurationError(f"{line}: {error}") from error
        if ended.returncode:
            raise ConfigurationError(f"{line}: exit {ended.returncode}: {ended.stderr.strip()[-300:]}")

    @contextmanager
    def within(self, words: Sequence[str], after_s: float) -> Iterator[None]:
        """Run one `after_s` seconds into the block; a block that ends earlier is left alone."""
        timer = threading.Timer(after_s, self.run, (words,))
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()
