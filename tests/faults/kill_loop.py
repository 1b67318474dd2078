"""Acts done in step with kills, so that there is work at hand whenever one strikes."""

import time
from collections.abc import Callable, Sequence
from itertools import islice

from tests.faults.bench import Bench
from tests.faults.processes import Workers
from tests.faults.size import Toll
from tests.faults.web_server import WebServer

_TICK = 0.05


def act_and_kill(
    bench: Bench,
    acts: Sequence[Callable[[], object]],
    workers: Workers,
    web: WebServer,
    toll: Toll,
) -> None:
    """Do all acts and kill as often as the toll says; those at stopping points count as well."""
    waiting = iter(acts)
    done = 0
    next_kill = time.monotonic() + toll.pause
    while done < len(acts) or workers.kills < toll.kills:
        workers.tend()
        now = time.monotonic()
        if workers.kills < toll.kills and now >= next_kill:
            workers.kill_one(bench.dice)
            next_kill = now + bench.dice.expovariate(1 / toll.pause)
        if web.kills < toll.web_kills and _is_webs_turn(workers, web, toll):
            web.kill_amid_webhooks(bench.dice, whole=web.kills == toll.web_kills // 2)
        share = min(1.0, (workers.kills + 3) / toll.kills)
        for act in islice(waiting, max(0, int(share * len(acts)) - done)):
            act()
            done += 1
        time.sleep(_TICK)


def _is_webs_turn(workers: Workers, web: WebServer, toll: Toll) -> bool:
    """Its kills are spread evenly over those of the workers."""
    return workers.kills * (toll.web_kills + 1) >= toll.kills * (web.kills + 1)
