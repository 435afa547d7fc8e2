"""Drawing of logo.png: a flow that passes through a stack of image layers.

After a change, run ``python docs/logo.py`` from the root. It needs only Python.
"""  # noqa: INP001 - a script

import struct
import zlib
from collections.abc import Callable
from itertools import pairwise
from math import hypot
from pathlib import Path

SIZE = 512
CENTRE = SIZE / 2

Colour = tuple[float, float, float, float]  # red, green, blue, opacity: 0 to 1
Distance = Callable[[float, float], float]  # pixels from a point to a shape; negative inside

TOP_LEFT, BOTTOM_RIGHT = (0.08, 0.60, 0.62), (0.09, 0.20, 0.46)
YELLOW = (1.0, 0.80, 0.32, 1.0)


def draw() -> list[list[Colour]]:
    """Return the picture, row by row."""
    picture = [[(0.0, 0.0, 0.0, 0.0)] * SIZE for _ in range(SIZE)]
    tile = rounded(polygon((96, 96), (416, 96), (416, 416), (96, 416)), 96)
    paint(picture, tile, gradient)

    paint(picture, rounded(segment((62, 256), (426, 256)), 12), lambda _x, _y: YELLOW)
    paint(picture, rounded(segment((62, 256), (62, 256)), 30), lambda _x, _y: YELLOW)
    arrow = polygon((426, 226), (466, 256), (426, 286))
    paint(picture, rounded(arrow, 8), lambda _x, _y: YELLOW)

    for y, opacity in ((330, 0.55), (256, 0.78), (182, 1.0)):
        shape = layer(y)
        # A rim in the background's colour sets each layer off from what is under it.
        paint(picture, rounded(shape, 16), gradient)
        paint(picture, shape, white(opacity))
    return picture


def layer(y: float) -> Distance:
    """Return a slab, seen from a corner, whose middle is at the given height."""
    return rounded(
        polygon((CENTRE - 108, y), (CENTRE, y - 60), (CENTRE + 108, y), (CENTRE, y + 60)), 14
    )


def white(opacity: float) -> Callable[[float, float], Colour]:
    """Return white over the background's colour."""

    def colour(x: float, y: float) -> Colour:
        red, green, blue, _ = gradient(x, y)
        return (
            red + (1 - red) * opacity,
            green + (1 - green) * opacity,
            blue + (1 - blue) * opacity,
            1,
        )

    return colour


def gradient(x: float, y: float) -> Colour:
    """Return the background's colour at a point."""
    share = (x + y) / (2 * SIZE)
    red, green, blue = (a + (b - a) * share for a, b in zip(TOP_LEFT, BOTTOM_RIGHT, strict=True))
    return (red, green, blue, 1)


def paint(
    picture: list[list[Colour]], shape: Distance, colour: Callable[[float, float], Colour]
) -> None:
    """Lay a shape over the picture, with smooth edges."""
    for y, row in enumerate(picture):
        for x, under in enumerate(row):
            distance = shape(x + 0.5, y + 0.5)
            if distance < 0.5:  # noqa: PLR2004 - half a pixel
                over = colour(x, y)
                row[x] = blend(under, over, over[3] * min(1.0, 0.5 - distance))


def blend(under: Colour, over: Colour, opacity: float) -> Colour:
    """Return one colour laid over another."""
    left = under[3] * (1 - opacity)
    total = opacity + left
    red, green, blue = (
        (over[i] * opacity + under[i] * left) / total if total else 0.0 for i in range(3)
    )
    return (red, green, blue, total)


def rounded(shape: Distance, radius: float) -> Distance:
    """Return a shape grown by a radius, which rounds its corners."""
    return lambda x, y: shape(x, y) - radius


def segment(start: tuple[float, float], end: tuple[float, float]) -> Distance:
    """Return a line without width."""

    def distance(x: float, y: float) -> float:
        dx, dy = end[0] - start[0], end[1] - start[1]
        length = dx * dx + dy * dy
        along = ((x - start[0]) * dx + (y - start[1]) * dy) / length if length else 0.0
        along = max(0.0, min(1.0, along))
        return hypot(x - start[0] - along * dx, y - start[1] - along * dy)

    return distance


def polygon(*corners: tuple[float, float]) -> Distance:
    """Return a convex shape, its corners given clockwise."""
    edges = [(start, end, segment(start, end)) for start, end in pairwise((*corners, corners[0]))]

    def distance(x: float, y: float) -> float:
        inside = all(
            (end[0] - start[0]) * (y - start[1]) >= (end[1] - start[1]) * (x - start[0])
            for start, end, _ in edges
        )
        nearest = min(edge(x, y) for _, _, edge in edges)
        return -nearest if inside else nearest

    return distance


def png(picture: list[list[Colour]]) -> bytes:
    """Return a picture as a PNG file: https://www.w3.org/TR/png-3/."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        checked = kind + content
        return struct.pack(">I", len(content)) + checked + struct.pack(">I", zlib.crc32(checked))

    rows = b"".join(
        b"\0" + bytes(round(part * 255) for colour in row for part in colour) for row in picture
    )
    header = struct.pack(">IIBBBBB", SIZE, SIZE, 8, 6, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows, 9))
        + chunk(b"IEND", b"")
    )


if __name__ == "__main__":
    (Path(__file__).parents[1] / "logo.png").write_bytes(png(draw()))
