"""Each connection costs a file descriptor: what a big fleet needs before it may start."""

import resource
from typing import Final

_BESIDES_CONNECTIONS: Final = 200


class TooFewDescriptorsError(Exception):
    """The operating system allows too few open files for a fleet of this size."""


def make_room_for(connections: int) -> int:
    """Raise this process's limit of open files so that *connections* fit; return the limit.

    Raises TooFewDescriptorsError, which says what to do, when the hard limit is in the way.
    """
    wanted = connections + _BESIDES_CONNECTIONS
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return soft
    try:
        resource.setrlimit(
            resource.RLIMIT_NOFILE, (wanted, max(hard, wanted) if hard != resource.RLIM_INFINITY else hard)
        )
    except (ValueError, PermissionError) as fault:
        raise TooFewDescriptorsError(
            f"{connections} connections need {wanted} open files, but the hard limit is {hard}: "
            f"run `ulimit -Hn {wanted}` as root before, set `LimitNOFILE={wanted}` in the systemd unit, or start "
            f"{hard - _BESIDES_CONNECTIONS} recorders at most"
        ) from fault
    return wanted
