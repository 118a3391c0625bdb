"""The tables that cross a module's border: their columns, with types, units and sources.

A function that makes such a table is annotated with its schema (`DataFrame[ScoredQueries]`). `lib.core.tables.read`
checks a file against one: columns without a default must be there, columns of type `| None` may be, and all others are
left out. A missing value is allowed only where a field says so.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
import pandera.pandas as pa


class Table(pa.DataFrameModel):
    """Base of all schemas: columns that it doesn't name are left out."""

    class Config:
        strict = "filter"


# Printed by the papers ------------------------------------------------------------------------------------------------


class PrintedTable(Table):
    """A table of a paper, a row for each printed number: `results/published/<paper>_table_<number>.csv`.

    Scores run from 0 to 1 in `matched` and from 0 to 100 in `hotels`. `Time` is in seconds, `Parameters` and all sizes
    are counts, `Faces` is a share from 0 to 1. A table has only the text columns that it needs.
    """

    row: int  # the printed row, from 1, headings not counted
    seed: str | None
    group: str | None  # a heading that several rows stand under
    system: str | None
    objective: str | None
    fusion: str | None
    modality: str | None
    vendors: str | None
    dataset: str | None
    split: str | None  # the part of the data that the number is measured on
    metric: str  # what the number measures
    mean: float
    std: float | None = pa.Field(nullable=True)  # what follows ±; missing where none is printed
    note: str | None  # what is uncertain about the cell, or its printed form; mostly empty


class PrintedData(Table):
    """What MATCHED's text says of its data in numbers: `results/published/matched_text_data.csv`."""

    statistic: str  # tokens (average length of a text, section 3), english (share, A.2)
    region: str
    mean: float
    place: str  # where the paper says so


# Made from the data ---------------------------------------------------------------------------------------------------


class SplitItems(Table):
    """The items of one modality with their parts (`lib.data.splits.split`): texts, pictures, or pairs of both."""

    region: str
    vendor: int
    text: int | None  # its number among the unique texts
    image: int | None  # its number among the unique pictures
    part: str  # train, val, test or `left out`


class TwinAds(Table):
    """The twin's truth about each ad, in the order of the ads table: `truth/ads.csv`."""

    hiding: str  # how the phone number is disguised
    phone: str
    phone2: str
    name: str
    vendor: str


class TwinPictures(Table):
    """The twin's truth about each picture: `truth/images.csv`."""

    image: str  # path below the data folder
    vendor: int
    face: str  # `visible`, or why none is


class HotelTwinPictures(Table):
    """The hotel twin's truth about each picture: `truth/pictures.csv`."""

    image: str  # path below the folder
    place: int  # the branch that it really shows
    chain: int
    source: str
    room: int


class HotelSplitFile(Table):
    """A split file of Revisited Hotels, as its authors publish it."""

    image: str  # path, never empty
    label: int  # the branch
    super_label: int  # the chain

    @pa.check("image", error="a path")
    def _image_is_named(cls, image: pd.Series) -> pd.Series:
        return image != ""


class FaceDetections(Table):
    """What `lib.data.face_detection` remembers of pictures."""

    image: str
    confidence: float  # of the most certain face, from 0 to 1
    seconds: float  # that the detection took


# Measured by a run ----------------------------------------------------------------------------------------------------


class Predictions(Table):
    """`predictions.csv` of a run: the vendor that it predicts for each test item."""

    text: int | None
    image: int | None
    truth: int
    predicted: int


class IdentificationScores(Table):
    """Scores of predictions (`lib.evaluation.identification.scores`), a row a metric of MATCHED Table 4."""

    metric: str
    mean: float  # over seeds
    low: float = pa.Field(nullable=True)  # 95 % interval, vendors resampled
    high: float = pa.Field(nullable=True)
    items: int
    vendors: int
    seeds: int
    seed_sd: float | None  # standard deviation over seeds (n - 1), where there are several


class ScoredQueries(Table):
    """Retrieval scores of single queries (`lib.evaluation.verification.scores`)."""

    region: str
    vendor: int
    query: int | None  # its place among the region's test items
    relevant: int | None  # R: documents of its vendor in the region
    documents: int | None  # in the region
    reciprocal_rank: float | None = pa.Field(alias="MRR@10", nullable=True)
    r_precision: float | None = pa.Field(alias="R-Precision@X", nullable=True)
    average_precision: float | None = pa.Field(alias="mAP@R", nullable=True)


class RunQueries(ScoredQueries):
    """`queries.csv` of a run: scored queries of each modality that it retrieves by."""

    modality: str


class VerificationScores(Table):
    """Retrieval scores of a system (`lib.evaluation.verification.table`): a row a metric and region or average."""

    metric: str
    region: str  # or OOD or ZS, the papers' averages of regions
    mean: float  # over vendors; of Macro-F1@X over queries
    std: float  # over vendors; of an average the mean of its regions'
    low: float = pa.Field(nullable=True)  # 95 % interval, vendors resampled
    high: float = pa.Field(nullable=True)
    queries: int
    vendors: int
    documents: int


class TextToImageScores(Table):
    """`text_to_image.csv` of an alignment (`lib.evaluation.text_to_image.scores`), a row a test text.

    That file has further metrics and levels; these are the columns that are read back.
    """

    region: str
    vendor: int
    r_precision: float = pa.Field(alias="R-Precision@X", nullable=True)
    r_precision_by_chance: float = pa.Field(alias="R-Precision@X, chance", nullable=True)


class LinkingScores(Table):
    """Scores of linked hotel pictures (`lib.hotels.metrics.scores`), a row a metric, from 0 to 100."""

    metric: str  # R@1 or AUC
    mean: float
    std: float = pa.Field(nullable=True)  # of AUC, over samples of pairs
    images: Any = pa.Field(gt=0)  # a count; of a metric that is measured on several draws their mean
    branches: Any = pa.Field(gt=0)  # the same


class RunLinking(LinkingScores):
    """Scores of each test split in the record of a run (`lib.hotels.linking.Linking.link`).

    A further metric is `R@1, sizes of D_SS`, whose `std` is over draws.
    """

    split: str


class SearchTrials(Table):
    """Trials of a search (`lib.hotels.linking.Search.trials`), best first.

    The hyper-parameters that the study searches, and R@1 on each validation split, are further columns, and kept.
    """

    class Config:
        strict = False

    recall: float = pa.Field(alias="R@1", nullable=True)  # mean of the validation splits
    problem: str  # why a trial has no score; empty where it has one


# Compared -------------------------------------------------------------------------------------------------------------


class ClaimComparisons(Table):
    """Differences between two systems that a claim compares (`lib.review.claimed_orders`), better minus worse.

    sampling, steps, items: one entry where both sides have the same, else that of the better and that of the worse.
    """

    claim: str
    variant: str  # of both sides
    place: str  # where the paper says so
    paper: float = pa.Field(nullable=True)  # the printed difference
    ours: float = pa.Field(nullable=True)
    low: float = pa.Field(nullable=True)  # 95 % interval, vendors resampled in pairs
    high: float = pa.Field(nullable=True)
    vendors: float = pa.Field(nullable=True)
    verdict: str  # supported, reversed, undecided, not converged or not run
    p: float = pa.Field(nullable=True)
    p_holm: float = pa.Field(nullable=True)  # corrected for all comparisons that were made
    seeds: float = pa.Field(nullable=True)
    sampling: str = pa.Field(nullable=True)  # of training's batches
    steps: str = pa.Field(nullable=True)  # of the optimiser
    items: str = pa.Field(nullable=True)  # that the scores are of
    converged: str = pa.Field(nullable=True)  # whether both sides had: yes, no, not known
    better_run: str = pa.Field(nullable=True)  # the first seed's
    worse_run: str = pa.Field(nullable=True)
