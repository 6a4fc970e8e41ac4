"""How are the planned sources asked, all at once, and what becomes of one that fails?"""

import asyncio
import secrets
import time
from collections.abc import Iterable, Mapping

from gateway.domain.errors import SourceError
from gateway.domain.identifiers import SourceId
from gateway.domain.replies import Reply, Unavailable
from gateway.prefill.asking.answers import Asked
from gateway.prefill.asking.plan import PlannedRead
from gateway.sources.source import IdentitySource, Purpose, Question, Source


async def ask_all(
    reads: Iterable[PlannedRead],
    sources: Mapping[SourceId, Source],
    purpose: Purpose,
    deadline: float,
) -> tuple[Asked, ...]:
    """Ask every planned source at once; one that fails costs its own fields and nobody else's.

    `deadline` is by `time.monotonic`: who has not answered then is not waited for.
    """
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(_ask(read, sources[read.source], purpose, deadline)) for read in reads
        ]
    return tuple(task.result() for task in tasks)


async def _ask(read: PlannedRead, source: Source, purpose: Purpose, deadline: float) -> Asked:
    ref = f"GW-{secrets.token_hex(12)}"
    question = Question(read.meant.key, read.wanted, purpose, ref)
    started = time.monotonic()
    reply: Reply
    try:
        async with asyncio.timeout(deadline - started):
            if read.identity_alone and isinstance(source, IdentitySource):
                reply = await source.confirm(question)
            else:
                reply = await source.look_up(question)
    except SourceError as error:
        reply = Unavailable(error.cause, error.attempts)
    except TimeoutError:
        reply = Unavailable("timeout")
    ms = round((time.monotonic() - started) * 1000)
    return Asked(read.source, read.role, read.meant, reply, ref, ms)
