"""What aio-pika raises, in Perito's words, and everything bounded in time.

aio-pika may raise a bare CancelledError in a task that nobody cancelled, or a bare Exception, where a connection or a
channel is torn down under it; here both become Unavailable like every other loss.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from aio_pika.exceptions import CONNECTION_EXCEPTIONS, ChannelPreconditionFailed, DeliveryError, PublishError
from perito_kernel.errors import Precondition, Unavailable

from perito_orchestrator.broker import DEAD_LETTERS


def away() -> Unavailable:
    """The broker cannot be reached, or did not answer in time."""
    return Unavailable("BROKER_UNAVAILABLE", "The message broker does not answer. Try again when it is back.")


@asynccontextmanager
async def in_our_words(seconds: float, queue: str = "") -> AsyncGenerator[None]:
    """Raises Unavailable BROKER_UNAVAILABLE or QUEUE_FULL, Precondition UNROUTABLE or QUEUE_DIFFERS."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is not None and task.cancelling() == 0:
            raise away() from None
        raise
    except PublishError as error:
        raise Precondition(
            "UNROUTABLE", f"There is no queue {queue}. Start a worker for it, or remove the phase.", {"queue": queue}
        ) from error
    except DeliveryError as error:
        raise Unavailable(
            "QUEUE_FULL", f"Queue {queue} takes no more at the moment. Start more workers for it.", {"queue": queue}
        ) from error
    except ChannelPreconditionFailed as error:
        remedy = (
            "Look at what is in it with `perito dead-letters list`, then delete it."
            if queue == DEAD_LETTERS
            else "Delete it: what is queued stands in the database and is published again."
        )
        raise Precondition(
            "QUEUE_DIFFERS",
            f"Queue {queue} exists with other arguments than this version wants. {remedy}",
            {"queue": queue},
        ) from error
    except (TimeoutError, *CONNECTION_EXCEPTIONS) as error:
        raise away() from error
    except Exception as error:
        if type(error) is not Exception:
            raise
        raise away() from error
