"""Draws questions against lateness as an SVG, with nothing but text: both axes logarithmic, lower left is better."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from html import escape

WIDTH, HEIGHT = 720, 440
LEFT, RIGHT, TOP, BOTTOM = 80, 200, 30, 60

Points = Mapping[str, tuple[float, float]]
Place = Callable[[tuple[float, float]], tuple[float, float]]


def picture(points: Points, ours: str, curve: Sequence[tuple[float, float]]) -> str:
    """An SVG document of named points (questions, lateness), and of a curve that belongs to ours."""
    everything = [*points.values(), *curve]
    lowest = [min(point[axis] for point in everything) / 1.3 for axis in (0, 1)]
    highest = [max(point[axis] for point in everything) * 1.3 for axis in (0, 1)]

    def place(point: tuple[float, float]) -> tuple[float, float]:
        parts = [math.log(point[axis] / lowest[axis]) / math.log(highest[axis] / lowest[axis]) for axis in (0, 1)]
        return LEFT + parts[0] * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM - parts[1] * (HEIGHT - TOP - BOTTOM)

    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}"',
        ' font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        *_axes(lowest, highest, place),
    ]
    way = " ".join(f"{x:.1f},{y:.1f}" for x, y in map(place, curve))
    x, y = place(points[ours])
    lines.append(f'<polyline points="{way}" fill="none" stroke="#1a7f37" stroke-dasharray="4 3"/>')
    lines.append(
        f'<rect x="{LEFT}" y="{y:.1f}" width="{x - LEFT:.1f}" height="{HEIGHT - BOTTOM - y:.1f}" fill="#e8f3e8"/>'
    )
    for name, point in points.items():
        x, y = place(point)
        colour = "#1a7f37" if name == ours else "#57606a"
        lines.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{colour}"/>')
        lines.append(f'<text x="{x + 9:.1f}" y="{y + 4:.1f}" fill="{colour}">{escape(name)}</text>')
    return "\n".join([*lines, "</svg>", ""])


def _axes(lowest: list[float], highest: list[float], place: Place) -> Iterator[str]:
    bottom, right = HEIGHT - BOTTOM, WIDTH - RIGHT
    yield f'<path d="M{LEFT} {TOP} V{bottom} H{right}" fill="none" stroke="#24292f"/>'
    yield f'<text x="{(LEFT + right) / 2}" y="{HEIGHT - 15}" text-anchor="middle">questions of an average wait</text>'
    yield (
        f'<text transform="translate(20 {(TOP + bottom) / 2}) rotate(-90)" text-anchor="middle">'
        "noticed late, part of the duration</text>"
    )
    for tick in _ticks(lowest[0], highest[0]):
        x, _ = place((tick, lowest[1]))
        yield f'<text x="{x:.1f}" y="{bottom + 18}" text-anchor="middle">{tick:g}</text>'
    for tick in _ticks(lowest[1], highest[1]):
        _, y = place((lowest[0], tick))
        yield f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{100 * tick:g} %</text>'


def _ticks(low: float, high: float) -> list[float]:
    """Round numbers between both: 1, 2 and 5 times powers of ten."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    return [tick for power in powers for tick in (10.0**power, 2 * 10.0**power, 5 * 10.0**power) if low <= tick <= high]
