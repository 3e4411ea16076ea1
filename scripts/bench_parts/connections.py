"""Several connections: one file over a slow link, by one connection and by eight, beside curl and aria2."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

import attrs

from scripts.bench_parts import panel
from scripts.bench_parts.download import HERE, MEMORY, MIB, OURS
from scripts.bench_parts.measuring import PYTHON, Sample, Spread, Subject, in_turns, ratio, wall
from scripts.bench_parts.report import Goal, Part, Table
from scripts.bench_parts.slow_link import RATE, ROUND_TRIP, slowed

MANY = 8
SIZE = "file"
# Of the time over one connection; an eighth would be perfect.
GOAL = 0.25
ABOUT = (
    f"From nginx over a link with a round trip of {ROUND_TRIP * 1000:.0f} ms and {RATE // MIB} MiB/s for each"
    " connection, as `client.download` and as programs that only fetch. The link is a proxy in user space"
    " (`scripts/bench_parts/slow_link.py`), since shaping by the kernel needs rights that few machines give; so it has"
    " no slow start and no losses."
)


def subjects(url: str, out: Path, certificate: str) -> dict[str, Subject]:
    """All who fetch the same file."""
    link, file = f"{url}/api/download/bench/{panel.NAME}", str(out / "file")

    def tidy() -> None:
        for path in out.iterdir():
            path.unlink()

    def ours(style: str, connections: int) -> Subject:
        script = str(HERE / "ours.py")
        return Subject([PYTHON, script, url, str(out), certificate, style, "verified", str(connections)], tidy=tidy)

    def aria2(connections: int) -> Subject:
        words = ["aria2c", "-q", "--file-allocation=none", "-k1M", f"-x{connections}", f"-s{connections}"]
        return Subject([*words, "-d", str(out), "-o", "file", link], tidy=tidy)

    return {
        "curl": Subject(["curl", "-sf", "-o", file, link], tidy=tidy),
        "aria2, 1": aria2(1),
        f"aria2, {MANY}": aria2(MANY),
        **{
            f"{name}, {connections}": ours(style, connections)
            for name, style in ((OURS, "sync"), (f"{OURS}, async", "async"))
            for connections in (1, MANY)
        },
    }


def measure(quick: bool) -> Part:  # noqa: FBT001 - every part has this one switch
    """One file, in turns."""
    if panel.available() is None:
        return Part("connections", "Several connections", "Needs nginx, which is missing here.", [])
    length = (20 if quick else 100) * MIB
    where = MEMORY if MEMORY.is_dir() else Path(tempfile.gettempdir())
    with (
        panel.serving({SIZE: length}, where) as place,
        slowed(place.http) as port,
        tempfile.TemporaryDirectory(dir=where) as folder,
    ):
        url = attrs.evolve(place, http=port).url("http", SIZE)
        samples, failures = in_turns(
            subjects(url, Path(folder), str(place.certificate)), 1 if quick else 3, warm_up=False
        )
    title = f"{length // MIB} MiB"
    # In a small file, there are fewer ranges than connections, and the start of Python takes as long as they do.
    goals = (
        []
        if quick
        else [
            Goal(f"{name}, {title}: {MANY} connections, times one", _gain(samples, name).median, GOAL)
            for name in (OURS, f"{OURS}, async")
        ]
    )
    return Part("connections", "Several connections", ABOUT, [_table(title, samples, failures)], goals)


def _gain(samples: Mapping[str, list[Sample]], name: str) -> Spread:
    return ratio(samples[f"{name}, {MANY}"], samples[f"{name}, 1"], wall)


def _table(title: str, samples: Mapping[str, list[Sample]], failures: Mapping[str, str]) -> Table:
    rows = [
        [
            name,
            str(Spread.of([sample.wall for sample in own])),
            str(Spread.of([sample.cpu for sample in own])),
            f"{max(sample.peak for sample in own):.0f}",
            str(ratio(own, samples["curl"], wall)) if "curl" in samples else "",
        ]
        for name, own in samples.items()
    ]
    columns = ["who, connections", "wall s", "cpu s", "peak MiB", "wall, times curl"]
    return Table(title, columns, rows, [f"{name} doesn't work here: {why}" for name, why in failures.items()])
