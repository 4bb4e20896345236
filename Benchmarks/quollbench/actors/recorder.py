"""When each job came to a point, and how far a worker is."""

import asyncio
import time


class Recorder:
    def __init__(self):
        self.numbers = []
        self.nanoseconds = []

    def note(self, number: int) -> None:
        """The job with this number is here now."""
        self.nanoseconds.append(time.time_ns())
        self.numbers.append(number)

    def progress(self) -> str:
        """`handled COUNT FIRST LAST CPU`: nanoseconds since 1970, CPU seconds of this process."""
        first, last = (self.nanoseconds[0], self.nanoseconds[-1]) if self.nanoseconds else (0, 0)
        return f"handled {len(self.numbers)} {first} {last} {time.process_time()}"

    async def report(self) -> None:
        """Prints the progress ten times a second."""
        while True:
            print(self.progress(), flush=True)
            await asyncio.sleep(0.1)

    def write(self, path: str) -> None:
        with open(path, "w") as file:
            file.writelines(f"{n} {t}\n" for n, t in zip(self.numbers, self.nanoseconds))
