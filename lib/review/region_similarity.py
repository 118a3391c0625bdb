"""How alike the regions are: shared vendors, and cosines of encoders without training (MATCHED Fig 2a, A.2)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from lib.data import disclosure, identifiers, image_arrays, splits
from lib.data.ads import Ads
from lib.evaluation import retrieval, verification
from lib.models import backbones
from lib.models.system import System
from lib.runs import embeddings
from lib.study.plan import Study

TEXT_ENCODER, IMAGE_ENCODER = "minilm-l6", "efficientnet-lite0"
"""The packaged encoders, as they come: they saw no ad of this data."""
TOKENS = 512
"""Of a text, how many are read: all that the encoder takes, as the authors' does, however short a study cuts texts."""


def shared_vendors(ads: Ads) -> pd.DataFrame:
    """Share of the vendors of one region (row) that also post in another (column), 0 to 1 (MATCHED Fig 2a A)."""
    vendors = {region: set(rows) for region, rows in ads.ads.groupby("region")["vendor"]}
    return pd.DataFrame(
        [[len(vendors[row] & vendors[column]) / len(vendors[row]) for column in ads.regions] for row in ads.regions],
        index=ads.regions,
        columns=ads.regions,
    )


def untrained_vectors(study: Study, ads: Ads) -> dict[str, np.ndarray]:
    """Vectors of all unique texts (masked, whole up to TOKENS) and images by the untrained encoders: `text`, `image` ->
    (n, d) float32."""
    vectors = {}
    if "text" in ads.modalities:
        encoder, _ = backbones.load(TEXT_ENCODER)
        masked = [identifiers.mask(text) for text in ads.texts]
        tokens = encoder.tokenizer(masked, truncation=True, max_length=TOKENS)["input_ids"]
        vectors["text"] = embeddings.encode_texts(System(encoder, None).eval(), tokens).numpy()
    if "image" in ads.modalities:
        pixels = study.image.pixels
        encoder, _ = backbones.load(IMAGE_ENCODER, pixels=pixels)
        array = image_arrays.as_array(ads.images, pixels, study.cache, ads.fingerprint, ads.digests)
        vectors["image"] = embeddings.encode_images(System(None, encoder).eval(), array).numpy()
    return vectors


def publishable_items(study: Study, ads: Ads, modality: str) -> pd.DataFrame:
    """The items of `lib.data.splits.items`, of sensitive data in regions with enough vendors only."""
    items = splits.items(study, ads, modality)
    return disclosure.publishable(items, study.sensitive, within="region").reset_index(drop=True)


def similarity_tables(items: Mapping[str, pd.DataFrame], vectors: Mapping[str, np.ndarray]) -> dict[str, pd.DataFrame]:
    """`mean_cosines` of each modality, of all pairs and of pairs of different vendors, by a title.

    items: `publishable_items` by modality; vectors: `untrained_vectors`.
    """
    tables = {}
    for modality, rows in items.items():
        of_items = vectors[modality][rows[modality].to_numpy()]
        tables[f"{modality}, all pairs"] = mean_cosines(rows, of_items)
        tables[f"{modality}, other vendors only"] = mean_cosines(rows, of_items, same_vendor=False)
    return tables


def mean_cosines(items: pd.DataFrame, vectors: np.ndarray, same_vendor: bool = True) -> pd.DataFrame:
    """Mean cosine of the items of one region (row) with those of another (column) over all pairs (Fig 2a B, C).

    items: `region, vendor`, a row for each of vectors (n, d). An item is not paired with itself. Without `same_vendor`
    only pairs of different vendors count. NaN where no pair is left.
    """
    unit = retrieval.unit(vectors)
    regions = list(dict.fromkeys(items["region"]))
    codes, owners = pd.factorize(items["vendor"])
    sums, counts = np.zeros((len(regions), len(owners), unit.shape[1])), np.zeros((len(regions), len(owners)))
    for place, region in enumerate(regions):
        here = (items["region"] == region).to_numpy()
        np.add.at(sums[place], codes[here], unit[here])
        counts[place] = np.bincount(codes[here], minlength=len(owners))
    # The sum of the cosines of all pairs is the product of the sums of the vectors.
    products = np.einsum("id,jd->ij", sums.sum(1), sums.sum(1))
    pairs = np.outer(counts.sum(1), counts.sum(1))
    if same_vendor:  # an item with itself: cosine 1
        products -= np.diag(counts.sum(1))
        pairs -= np.diag(counts.sum(1))
    else:
        products -= np.einsum("ivd,jvd->ij", sums, sums)
        pairs -= counts @ counts.T
    means = np.divide(products, pairs, out=np.full_like(products, np.nan), where=pairs > 0)
    return pd.DataFrame(means, index=regions, columns=regions)


def untrained_scores(
    study: Study, items: Mapping[str, pd.DataFrame], vectors: Mapping[str, np.ndarray]
) -> pd.DataFrame:
    """`lib.evaluation.verification.table` of the untrained encoders, with the column `modality`; arguments as above."""
    tables = []
    for modality, rows in items.items():
        scores = verification.scores(rows, vectors[modality][rows[modality].to_numpy()])
        tables.append(verification.table(scores, study.bootstrap, study.split.seed).assign(modality=modality))
    return pd.concat(tables, ignore_index=True)
