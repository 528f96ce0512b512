"""How much load, for how long: profiles as data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """`users` each send `rate_per_user` requests/s for `seconds`, after a ramp at `spawn_rate` users/s.

    Many users at a low rate: a stall of the server then shows in the latencies of all who wait, where few
    busy users would just send less (coordinated omission).
    """

    name: str
    users: int
    rate_per_user: float
    spawn_rate: float
    seconds: int

    @property
    def demanded(self) -> float:
        """Requests that the profile demands: the ramp counted at half its rate."""
        ramp = min(self.users / self.spawn_rate, self.seconds)
        return self.users * self.rate_per_user * (self.seconds - ramp / 2)


PROFILES = {
    profile.name: profile
    for profile in (
        Profile(name="smoke", users=40, rate_per_user=2.0, spawn_rate=80.0, seconds=15),
        Profile(name="expected", users=100, rate_per_user=1.0, spawn_rate=50.0, seconds=60),
        Profile(name="stress", users=200, rate_per_user=2.0, spawn_rate=50.0, seconds=60),
    )
}
