"""Draws a terminal as SVG: runs the demonstration on a pseudo-terminal, and keeps what a person sees at its end."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape, unescape

ROOT: Final = Path(__file__).resolve().parents[1]
PICTURE: Final = ROOT / "docs" / "demo.svg"
COLUMNS: Final = 92
# What comes behind it is advice for the reader's own panel, which the README gives itself.
LAST: Final = "The demo's panel is stopped."
# Sizes in the units of the drawing.
LETTER, LINE, MARGIN, TOP = 8.4, 19, 18, 44
FONTS: Final = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
COLOURS: Final = {"$": "#79c0ff", "EXPORT": "#8b949e", "task:": "#7ee787", "verified": "#7ee787", ".csv: ": "#7ee787"}


def recorded(command: list[str]) -> str:
    """What a program writes to a terminal of its own."""
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 40, COLUMNS, 0, 0))
    # An empty configuration, and the language of everybody: the picture is the same on every machine.
    clean = {name: text for name, text in os.environ.items() if not name.startswith("PROFILE_EXPORT_")}
    env = {**clean, "TERM": "xterm", "LC_ALL": "C.UTF-8", "PROFILE_EXPORT_CONFIG": os.devnull}
    with subprocess.Popen(command, stdin=its, stdout=its, stderr=its, env=env) as process:
        os.close(its)
        written = bytearray()
        # Linux tells the end of a terminal by an error.
        with contextlib.suppress(OSError):
            while piece := os.read(ours, 65_536):
                written += piece
        os.close(ours)
    if process.returncode != 0:
        raise SystemExit(f"{command} ended with {process.returncode}:\n{written.decode()}")
    return written.decode()


def screen(written: str) -> list[str]:
    """The lines as they stand at the end: a carriage return begins a line anew."""
    lines = [line.rstrip("\r").rpartition("\r")[2].rstrip() for line in written.split("\n")]
    last = next(number for number, line in enumerate(lines) if line.startswith(LAST))
    return ["$ make demo", *lines[: last + 1]]


def words(lines: list[str]) -> list[str]:
    """What must stay as it is: without numbers, ids, bars and the blanks between columns."""
    plain = []
    for line in lines:
        text = re.sub(r"task_[0-9a-f-]+", "task_", line)
        text = re.sub(r"█+[▏▎▍▌▋▊▉]? *", "█", text)
        text = re.sub(r"\[.*\]", "[]", text)
        text = re.sub(r"(?<![A-Za-z_:])\d[\d.,:]*( ?[kM]?B|[kM](?=/| ))?", "N", text)
        text = re.sub(r"(?<=127\.0\.0\.1:)\d+|N/N.*$|\|.*(?=\[)", "", re.sub(r"//N\d*", "//", text))
        plain.append(" ".join(text.split()))
    return plain


def drawn(lines: list[str]) -> str:
    """The SVG: no fonts and nothing else is fetched; the length of each line is told, so columns stay columns."""
    width, height = COLUMNS * LETTER + 2 * MARGIN, TOP + len(lines) * LINE + MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" role="img" font-size="14"',
        f' width="{width:g}" height="{height:g}" font-family="{FONTS}">',
        "<title>make demo in a terminal: two exports with their bars, and their files, complete and verified</title>",
        f'<rect width="{width:g}" height="{height:g}" rx="9" fill="#0d1117" stroke="#8b949e" stroke-opacity="0.4"/>',
        *(
            f'<circle cx="{MARGIN + 5 + place * 20}" cy="20" r="6" fill="{fill}"/>'
            for place, fill in enumerate(("#ff5f57", "#febc2e", "#28c840"))
        ),
    ]
    for number, line in enumerate(lines):
        if line:
            colour = next((fill for word, fill in COLOURS.items() if word in line), "#e6edf3")
            parts.append(
                f'<text xml:space="preserve" x="{MARGIN}" y="{TOP + (number + 0.7) * LINE:g}" fill="{colour}" '
                f'textLength="{len(line) * LETTER:g}" lengthAdjust="spacingAndGlyphs">{escape(line)}</text>'
            )
    return "\n".join([*parts, "</svg>", ""])


def texts(picture: str) -> list[str]:
    """The lines that a picture shows, without the empty ones."""
    return [unescape(line) for line in re.findall(r"<text [^>]*>(.*?)</text>", picture)]


def main() -> None:
    """Draws it anew."""
    program = str(Path(sys.executable).with_name("profile-export"))
    PICTURE.write_text(drawn(screen(recorded([program, "demo"]))), encoding="utf-8")


if __name__ == "__main__":
    main()
