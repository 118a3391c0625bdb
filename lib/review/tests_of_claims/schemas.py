"""The columns of chapters' tables that claims and rankings rest on, where `lib/core/tables.yaml` doesn't name them."""

from __future__ import annotations

import pandera.pandas as pa

from lib.core.schemas import Table
from lib.review.order_tests import TestedOrders
from lib.review.system_ranking import SystemCovariances, SystemScores


class ClassSizes(Table):
    """Figures 4 to 7 of the paper on hotels in numbers (chapter 40): `hotels_class_sizes`."""

    split: str
    images_from: int  # lower edge of the bin, in images of a branch
    branches: int  # in the bin


class CleaningCases(Table):
    """What cleaning finds in the published files (chapter 40): `hotels_cleaning`."""

    finding: str
    cases: int


class SplitRecall(Table):
    """R@1 in per cent by test split, mean over losses and seeds (chapter 42): `hotel_recall`."""

    split: str
    mean: float = pa.Field(alias="R@1")
    low: float = pa.Field(alias="R@1 low", nullable=True)  # 95 % interval over seeds; missing of one seed
    high: float = pa.Field(alias="R@1 high", nullable=True)


class ScoredOrders(TestedOrders):
    """Orders under each choice of scoring (`lib.review.scoring_claims.comparisons`): `scoring_comparisons`."""

    choice: str


SCHEMAS: dict[str, type[Table]] = {
    "claims_identification": TestedOrders,
    "claims_verification": TestedOrders,
    "scoring_comparisons": ScoredOrders,
    "hotels_class_sizes": ClassSizes,
    "hotels_cleaning": CleaningCases,
    "hotel_recall": SplitRecall,
    "system_scores": SystemScores,
    "system_covariances": SystemCovariances,
}
"""By name of the table."""
