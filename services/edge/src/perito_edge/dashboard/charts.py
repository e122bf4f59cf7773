"""Small drawings as SVG text, as the report draws them: the same numbers give the same bytes.

Only numbers go in, so the text is safe to embed. Colours are classes of the style sheet: inline ones are not allowed.
What a drawing shows stands beside it in words, so it is hidden from screen readers.
"""

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Decimal

from markupsafe import Markup

_WIDTH, _HEIGHT = 200, 12
_SERIES_WIDTH, _SERIES_HEIGHT, _MARGIN = 480, 64, 4
_TENTH = Decimal("0.1")


def bar(value: Decimal | int, maximum: Decimal | int, kind: str = "fill") -> Markup:
    """A bar from zero to `value` on a track that ends at `maximum` (both at least 0). `kind` is a class of ours."""
    most = Decimal(maximum)
    filled = min(max(Decimal(value), Decimal()), most) / most * _WIDTH if most > 0 else Decimal()
    head = f'<svg class="bar" viewBox="0 0 {_WIDTH} {_HEIGHT}" preserveAspectRatio="none" aria-hidden="true">'
    track, fill = _rect("track", Decimal(_WIDTH)), _rect(kind, filled)
    return Markup(f"{head}{track}{fill}</svg>")  # noqa: S704 - numbers and constants only


def series(values: Sequence[Decimal | None], scale: tuple[int, int] | None = None, *, points: bool = False) -> Markup:
    """A line over equal steps, from the lowest to the highest value; a missing value leaves a gap, none is made up.

    Without a `scale` (lowest and highest) it does not begin at zero, so say beside it what it spans. `points`: each
    value is marked.
    """
    known = [value for value in values if value is not None]
    low, high = min(known, default=Decimal()), max(known, default=Decimal())
    if scale is not None:
        low, high = Decimal(scale[0]), Decimal(scale[1])
    across = Decimal(_SERIES_WIDTH - 2 * _MARGIN) / max(len(values) - 1, 1)
    up = (_SERIES_HEIGHT - 2 * _MARGIN) / (high - low) if high > low else Decimal()
    middle = Decimal() if high > low else Decimal(_SERIES_HEIGHT - 2 * _MARGIN) / 2
    runs: list[list[tuple[str, str]]] = [[]]
    for at, value in enumerate(values):
        if value is None:
            runs.append([])
        else:
            y = _SERIES_HEIGHT - _MARGIN - middle - (min(max(value, low), high) - low) * up
            runs[-1].append((_number(_MARGIN + at * across), _number(y)))
    content = "".join(_run(run) for run in runs if run)
    if points:
        # Of no length with a round end: a circle would be drawn out with the picture.
        marks = "".join(f"M{x} {y}h0" for run in runs for x, y in run)
        content += f'<path class="point" d="{marks}"/>' if marks else ""
    box = f"0 0 {_SERIES_WIDTH} {_SERIES_HEIGHT}"
    head = f'<svg class="series" viewBox="{box}" preserveAspectRatio="none" aria-hidden="true">'
    return Markup(f"{head}{content}</svg>")  # noqa: S704 - numbers and constants only


def _run(points: Sequence[tuple[str, str]]) -> str:
    if len(points) == 1:
        return f'<circle class="dot" cx="{points[0][0]}" cy="{points[0][1]}" r="3"/>'
    return f'<polyline class="line" points="{" ".join(f"{x},{y}" for x, y in points)}"/>'


def _rect(kind: str, width: Decimal) -> str:
    return f'<rect class="{kind}" x="0" y="0" width="{_number(width)}" height="{_HEIGHT}"/>'


def _number(value: Decimal) -> str:
    return format(value.quantize(_TENTH, ROUND_HALF_EVEN).normalize(), "f")
