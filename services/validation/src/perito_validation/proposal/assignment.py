"""Pairs columns one to one so that the sum of their scores is the greatest possible (the Hungarian method)."""

from collections.abc import Sequence


def best_pairs(scores: Sequence[Sequence[float]]) -> list[tuple[int, int]]:
    """Rows and columns paired for the greatest total; pairs of score 0 are left out. Equal totals: the first found.

    `scores` has one row per source column and one column per candidate, none negative.
    """
    if not scores or not scores[0]:
        return []
    if len(scores) > len(scores[0]):
        turned = [list(column) for column in zip(*scores, strict=True)]
        return sorted((row, column) for column, row in best_pairs(turned))
    pairs = _assign([[-cell for cell in row] for row in scores])
    return [(row, column) for row, column in enumerate(pairs) if scores[row][column] > 0]


def _assign(costs: Sequence[Sequence[float]]) -> list[int]:
    """The column of each row in the cheapest assignment; there are at least as many columns as rows."""
    height, width = len(costs), len(costs[0])
    row_price, column_price = [0.0] * (height + 1), [0.0] * (width + 1)
    owner = [0] * (width + 1)
    for row in range(1, height + 1):
        owner[0] = row
        _augment(costs, row_price, column_price, owner)
    columns = [0] * height
    for column in range(1, width + 1):
        if owner[column]:
            columns[owner[column] - 1] = column - 1
    return columns


def _augment(
    costs: Sequence[Sequence[float]], row_price: list[float], column_price: list[float], owner: list[int]
) -> None:
    """Finds a place for the row that column 0 holds, by the cheapest chain of moves."""
    width = len(column_price) - 1
    least, came, seen = [float("inf")] * (width + 1), [0] * (width + 1), [False] * (width + 1)
    at = 0
    while owner[at]:
        seen[at] = True
        row, step, following = owner[at], float("inf"), 0
        for column in range(1, width + 1):
            if seen[column]:
                continue
            price = costs[row - 1][column - 1] - row_price[row] - column_price[column]
            if price < least[column]:
                least[column], came[column] = price, at
            if least[column] < step:
                step, following = least[column], column
        for column in range(width + 1):
            if seen[column]:
                row_price[owner[column]] += step
                column_price[column] -= step
            else:
                least[column] -= step
        at = following
    while at:
        owner[at] = owner[came[at]]
        at = came[at]
