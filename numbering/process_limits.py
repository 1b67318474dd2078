"""What a process that reads somebody's file takes away from itself before it looks at it."""

import resource


def limit_process(*, memory_bytes: int, cpu_seconds: int) -> None:
    """Take away memory, time and the right to write files, for good."""
    for kind, limit in (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_CPU, cpu_seconds),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
    ):
        ceiling = resource.getrlimit(kind)[1]
        lowest = limit if ceiling == resource.RLIM_INFINITY else min(limit, ceiling)
        resource.setrlimit(kind, (lowest, lowest))
