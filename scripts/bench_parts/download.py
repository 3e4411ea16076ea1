"""Downloads: this package's whole download, verified and not, beside programs and libraries that only fetch."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from scripts.bench_parts import panel
from scripts.bench_parts.measuring import PYTHON, Sample, Spread, Subject, cpu, in_turns, ratio, run, wall
from scripts.bench_parts.report import Goal, Part, Table

HERE = Path(__file__).parent / "fetchers"
MIB = 2**20
# A file system in memory: a disk's own speed would hide all the rest, and only one of all here makes files durable.
MEMORY = Path("/dev/shm")  # noqa: S108 - folders of our own are made in it
OURS = "profile-export"
LENGTH_ONLY = f"{OURS}, length only"
ABOUT = (
    "From nginx on the loopback into memory (`/dev/shm`). Ours is `client.download`: start of Python, asking for"
    " the status, checking length and rows, sha256, fsync and publishing are in its numbers; the others only fetch."
    " `length only` is `DownloadPolicy(verify_content=False)`. The goals that are missed are bound so: hashing and"
    " counting by themselves take more of the processor than curl's whole download, as the table of the pieces shows,"
    " and the panel needs it, too; without them, the start of Python with httpx comes on top of the floor. Of the small"
    " file, nearly all is that start."
)
# Times curl: of the clock with length, rows and sha256; of the clock and the processor with the length alone.
GOALS = {"http": (1.0, 0.7, 0.8), "https": (1.0, 0.85, 1.0)}


def subjects(place: panel.StaticPanel, scheme: str, size: str, out: Path) -> dict[str, Subject]:
    """All who fetch the same file."""
    link, file, certificate = place.link(scheme, size), str(out / "file"), str(place.certificate)

    def tidy() -> None:
        _clear(out)

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
        OURS: _ours(place, (scheme, size), out, "sync", "verified"),
        f"{OURS}, async": _ours(place, (scheme, size), out, "async", "verified"),
        LENGTH_ONLY: _ours(place, (scheme, size), out, "sync", "unverified"),
        f"{LENGTH_ONLY}, async": _ours(place, (scheme, size), out, "async", "unverified"),
    }


def _ours(place: panel.StaticPanel, which: tuple[str, str], out: Path, style: str, proof: str) -> Subject:
    command = [PYTHON, str(HERE / "ours.py"), place.url(*which), str(out), str(place.certificate), style, proof]
    return Subject(command, tidy=lambda: _clear(out))


def _clear(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()


def measure(quick: bool) -> Part:  # noqa: FBT001 - every part has this one switch
    """Over HTTP and TLS, in a large and in a small file."""
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
                    goals += _goals(title, scheme, samples)
        tables.append(_limits(place, 2 if quick else 7))
    memory, flat = _memory(quick)
    return Part("download", "Downloads", ABOUT, [*tables, memory], [*goals, flat])


def _goals(title: str, scheme: str, samples: Mapping[str, list[Sample]]) -> list[Goal]:
    curl, verified, plain = samples["curl"], samples[OURS], samples[LENGTH_ONLY]
    of_verified, of_plain, of_plain_cpu = GOALS[scheme]
    return [
        Goal(f"{title}, verified: wall, times curl", ratio(verified, curl, wall).median, of_verified),
        Goal(f"{title}, length only: wall, times curl", ratio(plain, curl, wall).median, of_plain),
        Goal(f"{title}, length only: processor, times curl", ratio(plain, curl, cpu).median, of_plain_cpu),
        Goal(f"{title}: peak MiB", max(sample.peak for sample in verified), 60),
    ]


def _limits(place: panel.StaticPanel, rounds: int) -> Table:
    """What the pieces of a verified download take by themselves: nothing that consists of them can be faster."""
    file = str(place.file("large"))
    pieces = {
        "hashing the file": "hash",
        "counting its rows": "rows",
        "both, each in a thread": "both",
        "importing the client": "import",
        "writing as many bytes": "write",
    }
    subjects = {name: Subject([PYTHON, str(HERE / "pieces.py"), piece, file]) for name, piece in pieces.items()}
    samples, failures = in_turns(subjects, rounds)
    rows = [
        [name, str(Spread.of([sample.wall for sample in own])), str(Spread.of([sample.cpu for sample in own]))]
        for name, own in samples.items()
    ]
    title = "What the pieces of it take by themselves, for the large file, start of Python included"
    return Table(title, ["piece", "wall s", "cpu s"], rows, [f"{name}: {why}" for name, why in failures.items()])


def _memory(quick: bool) -> tuple[Table, Goal]:  # noqa: FBT001 - as `measure`
    """Peak memory of a verified download of a small and of a hundred times larger file, on a disk."""
    sizes = {"small": 5 * MIB, "large": 500 * MIB} if quick else {"small": 100 * 10**6, "large": 10**10}
    where = Path(tempfile.gettempdir())
    with panel.serving(sizes, where) as place, tempfile.TemporaryDirectory() as name:
        out = Path(name)
        styles = ("sync", "async")
        peaks = {
            (size, style): run(_ours(place, ("http", size), out, style, "verified")).peak
            for size in sizes
            for style in styles
        }
    rows = [[f"{length / 10**6:,.0f} MB", *[f"{peaks[size, s]:.0f}" for s in styles]] for size, length in sizes.items()]
    ratios = [peaks["large", style] / peaks["small", style] for style in styles]
    table = Table("Peak MiB of memory, verified, to a disk", ["file", OURS, f"{OURS}, async"], rows)
    return table, Goal("memory for a hundred times the bytes, times that of the small file", max(ratios), 1.1)


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
