"""How much of everything there is in the full run and in the short one."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Toll:
    """How often workers are killed, and the web server besides.

    `pause` is the seconds between two kills at random; the stopping points add theirs.
    """

    kills: int
    web_kills: int
    pause: float


@dataclass(frozen=True)
class NumbersSize:
    """How often staff do what there is to do with numbers of our own, and of how many each.

    `many` is the size of the leavings that are large; `platform_imports`, `releases` and `assigns`
    are bulk actions of so many numbers each.
    """

    toll: Toll
    number_orders: int
    leavings: int
    large_leavings: int
    many: int
    removals: int
    assigns: int
    assigned: int
    platform_imports: int
    imported: int
    releases: int
    released: int


@dataclass(frozen=True)
class Size:
    """Counts, and durations in seconds."""

    submissions: int
    toll: Toll
    numbers: NumbersSize
    drain_limit: float
    lost_day_orders: int
    flood_count: int
    flood_rate: int
    database_away: float


FULL = Size(
    submissions=3000,
    toll=Toll(kills=500, web_kills=60, pause=1.0),
    numbers=NumbersSize(
        toll=Toll(kills=200, web_kills=20, pause=1.5),
        number_orders=600,
        leavings=240,
        large_leavings=4,
        many=80,
        removals=120,
        assigns=16,
        assigned=100,
        platform_imports=8,
        imported=75,
        releases=6,
        released=30,
    ),
    drain_limit=900,
    lost_day_orders=2000,
    flood_count=60_000,
    flood_rate=100,
    database_away=40,
)
SHORT = Size(
    submissions=100,
    toll=Toll(kills=20, web_kills=4, pause=0.5),
    numbers=NumbersSize(
        toll=Toll(kills=6, web_kills=2, pause=1.0),
        number_orders=24,
        leavings=8,
        large_leavings=1,
        many=30,
        removals=6,
        assigns=2,
        assigned=40,
        platform_imports=2,
        imported=60,
        releases=1,
        released=20,
    ),
    drain_limit=120,
    lost_day_orders=300,
    flood_count=1200,
    flood_rate=200,
    database_away=4,
)
