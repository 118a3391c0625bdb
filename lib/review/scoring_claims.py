"""What choices of scoring (`lib.review.scoring_choices`) do to claims that compare rows of MATCHED's Tables 5 and 9."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd
from pandera.typing import DataFrame

from lib.core import published
from lib.review import claim_tests, claimed_orders, order_tests
from lib.review.analysis_plan import ORDERS
from lib.review.claim_tests import StudyTables
from lib.review.claimed_orders import RETRIEVAL_TABLES, Order, Side
from lib.review.order_tests import Pair, TestedOrders
from lib.review.scoring_choices import ALONE, AS_PRINTED, Row, Scored, Scoring, has_vectors, printed_rows
from lib.review.scoring_choices import scored as scored_row
from lib.runs.results import Results


def _of_side(side: Side) -> tuple[int, str]:
    """The table and the objective that a side of a claimed order is printed under."""
    return RETRIEVAL_TABLES[side.modality, side.representation], side.objective


def compared_orders(regions: Iterable[str] = claimed_orders.REGIONS) -> list[Order]:
    """The claimed orders of retrieval of which a side is a row of Table 5 or 9, region by region."""
    every = claimed_orders.in_regions(regions)
    return [order for order in every if any(_of_side(side)[0] in (5, 9) for side in (order.better, order.worse))]


def comparisons(measured: Results, tested: DataFrame[TestedOrders]) -> pd.DataFrame:
    """The claimed orders that read Table 5 or 9, tested on R-Precision under each choice, as `tested` has them.

    tested: of `claimed_orders.judged`. A row an order and choice: the columns of `TestedOrders` and `choice` (`ours`
    first, as `tested` has it). Under a choice both sides are scored by it; *as printed* each side as its own printed
    row was. Verdict *not known*: how one of the rows was scored is not known; *no vectors*: a side's runs stored none.
    """
    scored: dict[tuple[int, str, str], Scored | None] = {}
    orders = compared_orders(claimed_orders.regions_of(measured))
    tested = tested[tested["claim"].isin([order.statement for order in orders])].reset_index(drop=True)

    def of(side: Side, variant: str) -> Scored | None:
        key = (*_of_side(side), variant)
        if key not in scored:
            runs = [run for run in claimed_orders.runs_of(measured, side, variant) if has_vectors(run)]
            row = Row(*key[:2], runs, side.representation)
            scored[key] = scored_row(measured, row)[0] if runs else None
        return scored[key]

    frames = [tested.assign(choice="ours")]
    choices: dict[str, Scoring | None] = {name: ALONE[name] for name in ("inner product", "duplicates removed")}
    for choice, scoring in (choices | {AS_PRINTED: None}).items():
        found, pairs = tested.assign(**dict.fromkeys(order_tests.MEASURED, np.nan)), {}
        for order in orders:
            place = int(np.flatnonzero(tested["claim"] == order.statement)[0])
            if found.loc[place, "verdict"] == "not run":
                continue
            shares, variant = [], found.loc[place, "variant"]
            for side in (order.better, order.worse):
                own = printed_rows().get(_of_side(side))
                how = scoring or (own.scoring if own else None)
                vectors = of(side, variant)
                if how is not None and vectors is not None:
                    shares.append(vectors.shares(how, "R-Precision@X", order.region))
                else:
                    found.loc[place, "verdict"] = "no vectors" if vectors is None else "not known"
            if len(shares) == 2 and all(len(frame) for side in shares for frame in side):
                learned = [claimed_orders.runs_of(measured, side, variant) for side in (order.better, order.worse)]
                pairs[place] = Pair(shares[0], shares[1], claimed_orders.trained(measured, *learned))
        rejudged = order_tests.tested(found, pairs, measured.study, "R-Precision@X")
        frames.append(rejudged.assign(choice=choice))
    return pd.concat(frames, ignore_index=True)


def by_region(compared_claims: pd.DataFrame) -> pd.DataFrame:
    """`comparisons` side by side: a row an order, and for each choice the difference and the verdict."""
    table = compared_claims[compared_claims["verdict"] != "not run"]
    cells = table["ours"].map("{:+.3f} ".format).where(table["ours"].notna(), "") + table["verdict"]
    wide = table.assign(cell=cells).pivot(index="claim", columns="choice", values="cell")
    columns = [choice for choice in dict.fromkeys(compared_claims["choice"]) if choice in wide]
    order = [claim for claim in dict.fromkeys(compared_claims["claim"]) if claim in wide.index]
    paper = table.drop_duplicates("claim").set_index("claim")["paper"]
    return wide.reindex(order)[columns].assign(published=paper).reset_index()[["claim", "published", *columns]]


def survival(compared_claims: pd.DataFrame | None) -> pd.DataFrame:
    """Each claim that compares rows of Table 5 or 9, with its verdict under every choice: does it survive?

    compared_claims: of `comparisons`, None where chapter 31 wasn't run. Columns `id, statement`, the choices (`ours`
    first), `survives`: *yes* where all verdicts that are known are ours, else *no*, or *not known* where none but ours
    is.
    """
    if compared_claims is None or compared_claims.empty:
        return pd.DataFrame(columns=["id", "statement", "ours", "survives"])
    columns = list(dict.fromkeys(compared_claims["choice"]))
    found = []
    for claim in published.claims().itertuples():
        begins = compared_claims["claim"].str.startswith(tuple(claim.argument.split(";")))
        if claim.test not in ORDERS or not begins.any():
            continue
        of_choice = {}
        for choice in columns:
            rows_of_choice = compared_claims[begins & (compared_claims["choice"] == choice)]
            given = {"claims_identification": rows_of_choice.head(0), "claims_verification": rows_of_choice}
            unknown = rows_of_choice["verdict"].isin(["not known", "no vectors"])
            finding = claim_tests.TESTS[claim.test](StudyTables(Path(), given), claim.argument)
            of_choice[choice] = rows_of_choice["verdict"][unknown].iloc[0] if unknown.any() else finding.verdict.value
        others = [verdict for choice, verdict in of_choice.items() if choice != "ours"]
        known = [verdict for verdict in others if verdict not in ("not known", "no vectors")]
        same = all(verdict == of_choice["ours"] for verdict in known)
        survives = "not known" if not known else "yes" if same else "no"
        found.append({"id": claim.id, "statement": claim.statement, **of_choice, "survives": survives})
    return pd.DataFrame(found, columns=["id", "statement", *columns, "survives"])


def said(survived: pd.DataFrame) -> dict[str, str]:
    """What `survival` says of each claim (by id), as the end of a sentence."""
    found = {}
    for row in survived.itertuples():
        verdicts = dict(zip(survived.columns[3:-1], row[4:-1], strict=True))
        each = ", ".join(f"{choice} {verdict}" for choice, verdict in verdicts.items())
        found[row.id] = f"scored in another way (chapter 31): {each}"
    return found
