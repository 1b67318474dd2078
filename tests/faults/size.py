"""How much of everything there is in the full run and in the short one."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Size:
    """Counts, and durations in seconds."""

    submissions: int
    kills: int
    # Of the web server, besides those of the workers.
    web_kills: int
    # Pause between two kills at random; the stopping points add theirs.
    kill_pause: float
    drain_limit: float
    lost_day_orders: int
    flood_count: int
    flood_rate: int
    database_away: float


FULL = Size(
    submissions=3000,
    kills=500,
    web_kills=60,
    kill_pause=1.0,
    drain_limit=600,
    lost_day_orders=2000,
    flood_count=60_000,
    flood_rate=100,
    database_away=40,
)
SHORT = Size(
    submissions=100,
    kills=20,
    web_kills=4,
    kill_pause=0.5,
    drain_limit=60,
    lost_day_orders=300,
    flood_count=1200,
    flood_rate=200,
    database_away=4,
)
