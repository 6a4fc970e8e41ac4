"""When is the log taken in and published, and what do operators hear of it?"""

import asyncio
import time
from contextlib import suppress

import structlog

from gateway.domain.errors import Busy
from gateway.log.publishing.publisher import INTEGRATE_SECONDS, PUBLISH_SECONDS, Publisher
from gateway.log.publishing.refusals import LogStopped


async def publish_by_the_minute(publisher: Publisher, stop_event: asyncio.Event) -> None:
    """Take leaves in every second; publish every half minute, when asked, and once at the end.

    A log that has stopped is said once, a witness that disputes it each time; a full disk or a busy
    database is tried again.
    """
    due = time.monotonic()
    while not publisher.stopped:
        last = stop_event.is_set()
        if last or publisher.asked() or time.monotonic() >= due:
            due = time.monotonic() + PUBLISH_SECONDS
            await _try(publisher, publish=True)
        else:
            await _try(publisher, publish=False)
        if last:
            return
        with suppress(TimeoutError):
            await asyncio.wait_for(stop_event.wait(), INTEGRATE_SECONDS)
    structlog.get_logger().error("log_stopped")


async def _try(publisher: Publisher, *, publish: bool) -> None:
    try:
        await (publisher.publish() if publish else publisher.integrate())
        if publish and publisher.disputing:
            structlog.get_logger().error("log_disputed", count=len(publisher.disputing))
    except LogStopped:
        return  # the loop sees it
    except (Busy, OSError) as error:
        structlog.get_logger().warning("log_not_published", error=type(error).__name__)
