"""The tests of the papers' claims on the tables of a study's chapters (chapter 91).

A claim of `results/published/claims.csv` names its test, a function of `TESTS`, and the test's argument. A verdict is
computed anew from the tables each time, so it changes when they do. `lib/review/tests_of_claims/` has the tests by what
they read: runs, intervals, print, hotels.
"""

from __future__ import annotations

from collections.abc import Callable

from lib.review.tests_of_claims import of_hotels, of_intervals, of_print, of_runs
from lib.review.tests_of_claims.finding import CHAPTERS, COMPARISONS, Finding, StudyTables
from lib.review.tests_of_claims.of_runs import orders
from lib.review.tests_of_claims.schemas import SCHEMAS

__all__ = ["CHAPTERS", "COMPARISONS", "SCHEMAS", "TESTS", "Finding", "StudyTables", "orders"]

_FUNCTIONS = (
    of_runs.orders,
    of_runs.reversed_orders,
    of_runs.on_par,
    of_runs.face_networks,
    of_runs.seeds,
    of_runs.alignment,
    of_runs.leak,
    of_intervals.interval,
    of_intervals.setting,
    of_intervals.bins,
    of_intervals.trend,
    of_intervals.positives,
    of_print.printed,
    of_print.spread,
    of_print.order_moves,
    of_print.moves_more,
    of_print.foretells_nothing,
    of_print.none,
    of_hotels.falls,
    of_hotels.recall_falls,
    of_hotels.hotels,
    of_hotels.invariants,
    of_hotels.fifth,
    of_hotels.counts,
    of_hotels.cleaned,
    of_hotels.class_sizes,
)
TESTS: dict[str, Callable[[StudyTables, str], Finding]] = {test.__name__: test for test in _FUNCTIONS}
"""How claims are tested, by the name that the data file uses."""
