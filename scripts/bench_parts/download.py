"""Downloads: this package's whole download, verified, beside programs and libraries that only fetch."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from scripts.bench_parts import panel
from scripts.bench_parts.measuring import PYTHON, Sample, Spread, Subject, cpu, in_turns, ratio, wall
from scripts.bench_parts.report import Goal, Part, Table

HERE = Path(__file__).parent / "fetchers"
MIB = 2**20
# A file system in memory: a disk's own speed would hide all the rest, and only one of all here makes files durable.
MEMORY = Path("/dev/shm")  # noqa: S108 - folders of our own are made in it
OURS = "profile-export"
# Of the length, rows and sha256, for the wall; the processor's share of it has no goal of its own.
VERIFIED = {"http": 1.0, "https": 1.0}


def subjects(place: panel.StaticPanel, scheme: str, size: str, out: Path) -> dict[str, Subject]:
    """All who fetch the same file."""
    link, file, certificate = place.link(scheme, size), str(out / "file"), str(place.certificate)

    def tidy() -> None:
        for path in out.iterdir():
            path.unlink()

    def ours(style: str) -> Subject:
        script = str(HERE / "ours.py")
        return Subject([PYTHON, script, place.url(scheme, size), str(out), certificate, style, "verified"], tidy=tidy)

    def peer(name: str) -> Subject:
        command = [PYTHON, str(HERE / "peers.py"), name, link, file, certificate]
        return Subject(command, {"SSL_CERT_FILE": certificate}, tidy)

    aria2 = [
        "aria2c",
        "-q",
        "--file-allocation=none",
        f"--ca-certificate={certificate}",
        "-d",
        str(out),
        "-o",
        "file",
        link,
    ]
    return {
        "curl": Subject(["curl", "-sf", "--cacert", certificate, "-o", file, link], tidy=tidy),
        "aria2": Subject(aria2, tidy=tidy),
        "httpx iter_raw": peer("httpx"),
        "requests": peer("requests"),
        "hf_transfer": peer("hf_transfer"),
        "floor: recv_into": peer("floor"),
        OURS: ours("sync"),
        f"{OURS}, async": ours("async"),
    }


def measure(quick: bool) -> Part:  # noqa: FBT001 - every part has this one switch
    """Over HTTP and TLS, in a large and in a small file."""
    about = (
        "From nginx on the loopback into memory (`/dev/shm`). Ours is `client.download`: start of Python, asking for"
        " the status, checking length and rows, sha256, fsync and publishing are in its numbers; the others only fetch."
    )
    if panel.available() is None or shutil.which("curl") is None:
        return Part("download", "Downloads", "Needs nginx and curl, which are missing here.", [])
    sizes = {"large": (64 if quick else 1024) * MIB, "small": 5 * MIB}
    tables: list[Table] = []
    goals: list[Goal] = []
    where = MEMORY if MEMORY.is_dir() else Path(tempfile.gettempdir())
    with panel.serving(sizes, where) as place, tempfile.TemporaryDirectory(dir=where) as folder:
        for size, length in sizes.items():
            for scheme in ("http", "https"):
                samples, failures = in_turns(subjects(place, scheme, size, Path(folder)), 2 if quick else 7)
                title = f"{length // MIB} MiB over {scheme.upper()}"
                tables.append(_table(title, samples, failures))
                if size == "large":
                    goals += _goals(title, scheme, samples[OURS], samples["curl"])
    return Part("download", "Downloads", about, tables, goals)


def _goals(title: str, scheme: str, ours: Sequence[Sample], curl: Sequence[Sample]) -> list[Goal]:
    return [
        Goal(f"{title}, verified: wall, times curl", ratio(ours, curl, wall).median, VERIFIED[scheme]),
        Goal(f"{title}: peak MiB", max(sample.peak for sample in ours), 60),
    ]


def _table(title: str, samples: Mapping[str, list[Sample]], failures: Mapping[str, str]) -> Table:
    curl = samples["curl"]
    rows = [
        [
            name,
            str(Spread.of([sample.wall for sample in own])),
            str(Spread.of([sample.cpu for sample in own])),
            f"{max(sample.peak for sample in own):.0f}",
            str(ratio(own, curl, wall)),
            str(ratio(own, curl, cpu)),
        ]
        for name, own in samples.items()
    ]
    columns = ["who", "wall s", "cpu s", "peak MiB", "wall, times curl", "cpu, times curl"]
    return Table(title, columns, rows, [f"{name} doesn't work here: {why}" for name, why in failures.items()])
