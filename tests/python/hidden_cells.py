"""What a reader can work out about hidden cells from the cells and totals that are shown."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence

import numpy as np
from scipy.optimize import linprog

Cell = tuple[Hashable, ...]


def determined(
    values: Mapping[Cell, float],
    hidden: set[Cell],
    totals: Sequence[Callable[[Cell], Hashable]],
    *,
    minimum: float,
    sums: Iterable[tuple[Cell, Sequence[Cell]]] = (),
    weighted: Sequence[Mapping[Cell, float]] = (),
    bounds: Mapping[Cell, tuple[float, float | None]] | None = None,
) -> list[Cell]:
    """Return the hidden cells of which only one count is possible.

    Parameters
    ----------
    values : mapping of cell to count
        Every cell, hidden or not. Only totals and shown cells are used.
    hidden : set of cells
        What the reader wants to know.
    totals : sequence of callables
        Each maps a cell to the line whose total the reader knows, or to None for no line.
    minimum : float
        A total below it is hidden as well, so it is no help.
    sums : pairs of a cell and cells
        Cells that are the sum of others, as a subtotal of another mart is. One may be several sums.
    weighted : sequence of mappings of cell to weight
        Weighted totals that the reader knows, as the cost of contacts is.
    bounds : mapping of cell to two numbers
        The least and the most that a cell can be, None for no limit; 0 and None if not named.

    Returns
    -------
    list of cells
        Those whose largest and smallest possible count differ by less than 1.
    """
    lines: dict[Hashable, dict[Cell, float]] = defaultdict(dict)
    for which, line_of in enumerate(totals):
        for cell in values:
            line = line_of(cell)
            if line is not None:
                lines[which, line][cell] = 1.0
    known = [
        weights for weights in lines.values() if sum(values[cell] for cell in weights) >= minimum
    ]
    known.extend({whole: 1.0, **dict.fromkeys(parts, -1.0)} for whole, parts in sums)
    known.extend(dict(weights) for weights in weighted)
    limits = dict.fromkeys(hidden, (0.0, None)) | dict(bounds or {})
    # The hidden cells of each equation; what the shown ones leave for them is their sum.
    equations = [
        unknown
        for weights in known
        if (unknown := {cell: weight for cell, weight in weights.items() if cell in hidden})
    ]
    in_equations = {cell for unknown in equations for cell in unknown}
    found = [
        cell
        for cell in sorted(hidden - in_equations, key=repr)
        if (most := limits[cell][1]) is not None and most - limits[cell][0] < 1.0 - 1e-6
    ]
    for block in blocks([[*unknown] for unknown in equations]):
        place = {cell: index for index, cell in enumerate(block)}
        here = [unknown for unknown in equations if next(iter(unknown)) in place]
        matrix = np.zeros((len(here), len(block)))
        for row, unknown in zip(matrix, here, strict=True):
            for cell, weight in unknown.items():
                row[place[cell]] = weight
        rests = matrix @ np.array([values[cell] for cell in block])
        for cell in block:
            objective = np.zeros(len(block))
            objective[place[cell]] = 1.0
            least, most = (
                linprog(
                    sign * objective,
                    A_eq=matrix,
                    b_eq=rests,
                    bounds=[limits[each] for each in block],
                    method="highs",
                )
                for sign in (1.0, -1.0)
            )
            assert least.status == 0, least.message
            if most.status == 0 and -most.fun - least.fun < 1.0 - 1e-6:
                found.append(cell)
    return found


def blocks(equations: Sequence[Sequence[Cell]]) -> list[list[Cell]]:
    """Group cells that share an equation, directly or through others."""
    parent: dict[Cell, Cell] = {}

    def root(cell: Cell) -> Cell:
        while parent.setdefault(cell, cell) != cell:
            cell = parent[cell]
        return cell

    for cells in equations:
        for cell in cells:
            parent[root(cell)] = root(cells[0])
    grouped: dict[Cell, list[Cell]] = defaultdict(list)
    for cell in parent:
        grouped[root(cell)].append(cell)
    return list(grouped.values())
