"""Small drawings as SVG text, made by hand so that the same numbers give the same bytes.

Only numbers go in, so the text is safe to embed. Colours are classes of the page's style: inline ones are not allowed.
"""

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Decimal

from markupsafe import Markup

_WIDTH = 200
_HEIGHT = 12
_TENTH = Decimal("0.1")
_SERIES_WIDTH, _SERIES_HEIGHT, _MARGIN = 480, 64, 4


def bar(value: Decimal, maximum: Decimal) -> Markup:
    """A bar from zero to `value` on a track that ends at `maximum` (both at least 0)."""
    filled = min(max(value, Decimal()), maximum) / maximum * _WIDTH if maximum > 0 else Decimal()
    return _svg(_rect("track", Decimal(), Decimal(_WIDTH)) + _rect("fill", Decimal(), filled))


def step(start: Decimal, end: Decimal, low: Decimal, high: Decimal) -> Markup:
    """One step of a bridge: a bar from `start` to `end` on a scale from `low` to `high`."""
    scale = _WIDTH / (high - low) if high > low else Decimal()
    left, right = (min(start, end) - low) * scale, (max(start, end) - low) * scale
    kind = "rise" if end > start else "fall"
    return _svg(_rect("track", Decimal(), Decimal(_WIDTH)) + _rect(kind, left, max(right - left, Decimal(1))))


def level(value: Decimal, low: Decimal, high: Decimal) -> Markup:
    """A total of a bridge: a bar from zero to `value`."""
    scale = _WIDTH / (high - low) if high > low else Decimal()
    left, right = (min(value, Decimal()) - low) * scale, (max(value, Decimal()) - low) * scale
    return _svg(_rect("track", Decimal(), Decimal(_WIDTH)) + _rect("level", left, max(right - left, Decimal(1))))


def series(values: Sequence[Decimal | None]) -> Markup:
    """A line over equal steps, from the lowest to the highest value; a missing value leaves a gap, none is made up.

    A value alone between two gaps is a dot. The scale does not begin at zero, so say beside it what it spans.
    """
    known = [value for value in values if value is not None]
    low, high = min(known, default=Decimal()), max(known, default=Decimal())
    across = Decimal(_SERIES_WIDTH - 2 * _MARGIN) / max(len(values) - 1, 1)
    up = (_SERIES_HEIGHT - 2 * _MARGIN) / (high - low) if high > low else Decimal()
    middle = Decimal() if high > low else Decimal(_SERIES_HEIGHT - 2 * _MARGIN) / 2
    runs: list[list[tuple[str, str]]] = [[]]
    for at, value in enumerate(values):
        if value is None:
            runs.append([])
        else:
            x, y = _MARGIN + at * across, _SERIES_HEIGHT - _MARGIN - middle - (value - low) * up
            runs[-1].append((_number(x), _number(y)))
    content = "".join(_run(points) for points in runs if points)
    box = f"0 0 {_SERIES_WIDTH} {_SERIES_HEIGHT}"
    head = f'<svg class="series" viewBox="{box}" preserveAspectRatio="none" aria-hidden="true">'
    return Markup(head + content + "</svg>")  # noqa: S704 - numbers and constants only


def _run(points: Sequence[tuple[str, str]]) -> str:
    if len(points) == 1:
        return f'<circle class="dot" cx="{points[0][0]}" cy="{points[0][1]}" r="3"/>'
    return f'<polyline class="line" points="{" ".join(f"{x},{y}" for x, y in points)}"/>'


def _svg(content: str) -> Markup:
    head = f'<svg class="bar" viewBox="0 0 {_WIDTH} {_HEIGHT}" preserveAspectRatio="none" aria-hidden="true">'
    return Markup(head + content + "</svg>")  # noqa: S704 - numbers and constants only


def _rect(kind: str, x: Decimal, width: Decimal) -> str:
    return f'<rect class="{kind}" x="{_number(x)}" y="0" width="{_number(width)}" height="{_HEIGHT}"/>'


def _number(value: Decimal) -> str:
    return format(value.quantize(_TENTH, ROUND_HALF_EVEN).normalize(), "f")
