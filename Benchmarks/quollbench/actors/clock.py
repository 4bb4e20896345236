"""Doing things at a steady rate."""

import asyncio
import time


async def at_rate(rate: float, seconds: float, clients: int, act) -> int:
    """Calls `act(number)` `rate` times a second, at times that do not wait for earlier calls to end.

    `clients` calls at most run at once. Returns the number of calls that were made.
    """
    start = time.monotonic() + 0.05
    total = int(rate * seconds)
    upcoming = iter(range(total))
    done = 0

    async def client():
        nonlocal done
        for number in upcoming:
            wait = start + number / rate - time.monotonic()
            if wait > 0:
                await asyncio.sleep(wait)
            elif time.monotonic() > start + seconds * 1.5:
                return
            await act(number)
            done += 1

    await asyncio.gather(*(client() for _ in range(clients)))
    return done


async def at_full_speed(seconds: float, clients: int, act) -> tuple[int, float]:
    """Calls `act(number)` as often as `clients` can. Returns the number of calls and the seconds they took."""
    start = time.monotonic()
    end = start + seconds
    done = 0

    async def client():
        nonlocal done
        while time.monotonic() < end:
            await act(done)
            done += 1

    await asyncio.gather(*(client() for _ in range(clients)))
    return done, time.monotonic() - start
