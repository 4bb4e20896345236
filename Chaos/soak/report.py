"""The table, minute by minute, and the verdict: flat or not."""

from statistics import median

from .sample import Sample

# A later third of the run may be this much above the first third after the warm-up, before it counts as growth.
TOLERANCE = {"p50": 1.5, "worker MiB": 1.2, "backend MiB": 1.2, "delivery MiB": 1.5, "claim MiB": 1.5}
WARM_UP = 8    # minutes: caches fill, and each slot of the ring has been filled once


def percentile(values: list[float], share: float) -> float:
    return values[min(len(values) - 1, int(len(values) * share))] if values else float("nan")


HEAD = f"{'minute':>6} {'jobs/s':>8} {'p50 ms':>8} {'p99 ms':>8} {'unstarted':>9} {'behind s':>8} " \
       f"{'worker':>7} {'backend':>8} {'delivery':>9} {'claim':>7} {'attempt':>8} {'other':>6}   (MiB)"


def line(sample: Sample) -> str:
    sizes = [sample.sizes.get(name, 0) for name in ("delivery", "claim", "attempt", "other")]
    return (f"{sample.minute:>6} {sample.done:>8.0f} {percentile(sample.waits, 0.5):>8.1f} "
            f"{percentile(sample.waits, 0.99):>8.1f} {sample.depth:>9} {sample.behind:>8.1f} {sample.workers:>7.1f} "
            f"{sample.backends:>8.1f} {sizes[0]:>9.1f} {sizes[1]:>7.1f} {sizes[2]:>8.1f} {sizes[3]:>6.1f}")


def measures(samples: list[Sample]) -> dict[str, float]:
    """What is compared: medians over a part of the run."""
    return {
        "p50": median(percentile(sample.waits, 0.5) for sample in samples),
        "worker MiB": median(sample.workers for sample in samples),
        "backend MiB": median(sample.backends for sample in samples),
        "delivery MiB": median(sample.sizes.get("delivery", 0) for sample in samples),
        "claim MiB": median(sample.sizes.get("claim", 0) for sample in samples),
    }


def verdict(samples: list[Sample]) -> tuple[bool, list[str]]:
    """Whether the last third is as the first after the warm-up, and a line for each measure."""
    steady = samples[WARM_UP:]
    if len(steady) < 6:
        return True, [f"too short to judge: nothing is steady in the first {WARM_UP} minutes"]
    third = len(steady) // 3
    first, last = measures(steady[:third]), measures(steady[-third:])
    lines, flat = [], True
    for name, bound in TOLERANCE.items():
        ratio = last[name] / first[name] if first[name] else 1
        # a NaN, where no probe came back, is not flat either
        ok = ratio <= bound
        flat = flat and ok
        lines.append(f"{name:<13} first third {first[name]:8.2f}   last third {last[name]:8.2f}   ratio {ratio:5.2f} "
                     f"(at most {bound})   {'flat' if ok else 'GROWS'}")
    return flat, lines
