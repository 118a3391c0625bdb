"""One ad in question: the most similar ads of a gallery, the confidence in each, and what they have in common.

An investigative aid, not evidence (MATCHED, section 9.3): similar writing or pictures say where to look next, never who
posted an ad.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from safetensors.torch import load_file
from sklearn.linear_model import LogisticRegression

from lib.core.errors import DataError
from lib.data import identifiers, image_arrays
from lib.data.ads import Ads
from lib.data.normalize import plain
from lib.evaluation import retrieval
from lib.evaluation.similarity_graph import ads_of, links
from lib.runs import embeddings
from lib.runs.attribution import Experiment
from lib.runs.results import vectors, weights_file
from lib.study.plan import Run

KINDS = ("phones", "mails", "links", "handles")
"""Identifiers that two ads may share."""
_MASKED = {"mails": "<EMAILID-N>", "links": "<LINK>"}
"""What `lib.data.identifiers` puts in the place of those that it masks and doesn't list."""
_SEPARATORS = re.compile(r"[\s|,;]+")
_HANDLE = re.compile(r"(?<![\w@./])@[^\W\d][\w.]{1,28}\w")
_PREFIX = re.compile(r"^(?:mailto:|(?:https?|hxxps?)://)?(?:www\.)?", re.IGNORECASE)


class Investigation:
    """A trained run and its gallery, the ads that it can find: all training items of all regions."""

    def __init__(self, study: str, run: Run) -> None:
        """study: as the run's notebook was given it. Raises DataError when the run's vectors or weights are missing."""
        self.stored, weights = vectors(run), weights_file(run)  # first, since their errors say what to do
        self.experiment = Experiment(run.notebook, study, str(run.folder), **run.parameters, metered=False)
        self.system = self.experiment.system.eval()
        self.system.load_state_dict(load_file(weights))
        self.data = self.experiment.data.ads

    def first_test_ad(self) -> tuple[int, str, list[Path]]:
        """An example: the first test ad of the data, with its text ("" for none) and its pictures."""
        items = self.stored[self.experiment.data.modality][0]
        [ad] = ads_of(items[items["part"] == "test"].head(1), self.data.pairs)
        pairs = self.data.pairs[self.data.pairs["ad"] == ad]
        text = pairs["text"].iloc[0]
        images = [self.data.images[image] for image in pairs["image"] if image >= 0]
        return int(ad), self.data.texts[text] if text >= 0 else "", images

    def embed(self, text: str, images: Sequence[Path]) -> dict[str, np.ndarray]:
        """Vectors of one ad by modality, (1 or more, d): its text, each picture, and the text with each picture.

        The text is masked and cut as in training. Raises DataError when there is neither or nothing that the system
        reads, and for a file that is no picture.
        """
        queries: dict[str, np.ndarray] = {}
        precision, settings = self.experiment.variant.training.precision, self.experiment.study
        if text.strip() and self.system.text is not None:
            masked, limit = [identifiers.mask(text)], settings.text.max_tokens
            tokens = self.system.tokenizer(masked, truncation=True, max_length=limit)["input_ids"]
            queries["text"] = embeddings.encode_texts(self.system, tokens, precision).numpy()
        if images and self.system.image is not None:
            array = np.stack([image_arrays.decode(Path(image), settings.image.pixels) for image in images])
            queries["image"] = embeddings.encode_images(self.system, array, precision).numpy()
        if not queries:
            raise DataError("The ad has neither a text nor a picture that this system reads. Give `text` or `images`.")
        if len(queries) == 2 and self.system.fuse is not None:
            texts = torch.from_numpy(np.repeat(queries["text"], len(queries["image"]), 0))
            with torch.inference_mode():
                queries["multimodal"] = self.system.fuse.cpu()(texts, torch.from_numpy(queries["image"])).numpy()
        return queries

    def similarities(self, queries: dict[str, np.ndarray]) -> pd.DataFrame:
        """The cosine of each gallery ad (index) with the queries by modality (columns), of its best pair of items."""
        columns = {}
        for modality, vectors_asked in queries.items():
            items, stored = self.stored[modality]
            gallery = np.flatnonzero((items["part"] == "train").to_numpy())
            cosines = retrieval.unit(stored[gallery]) @ retrieval.unit(vectors_asked).T
            ads = ads_of(items.iloc[gallery], self.data.pairs)
            columns[modality] = pd.Series(cosines.max(1)).groupby(ads).max()
        return pd.DataFrame(columns)

    def calibrated(self, modality: str) -> Confidence:
        """How often ads of a similarity were one vendor's among the validation ads."""
        return Confidence(self.links(modality, "val"))

    def links(self, modality: str, part: str) -> pd.DataFrame:
        """`lib.evaluation.similarity_graph.links` of a part's items into the gallery."""
        return links(*self.stored[modality], part)

    def probabilities(self, similarities: pd.DataFrame, by: str) -> pd.Series:
        """The probability that each gallery ad has the vendor of the ad in question.

        It follows from the cosine by the modality `by` or, for an ad that lacks it, by another one.
        """
        chances = pd.Series(np.nan, index=similarities.index)
        for modality in dict.fromkeys([by, *similarities]):
            rest = similarities.loc[chances.isna() & similarities[modality].notna(), modality]
            if len(rest):
                chances[rest.index] = self.calibrated(modality).of(rest.to_numpy())
        return chances

    def candidates(
        self, queries: dict[str, np.ndarray], text: str, most: int = 10, without: Sequence[int] = ()
    ) -> pd.DataFrame:
        """The most similar ads, by text and pictures where an ad has both, else by the one that it has.

        queries: `embed` of the ad; text: its text, unmasked; without: ads that may not be found, such as the ad itself.
        Columns `ad, region, vendor, confidence`, a `… similarity` for each modality of the queries, and a `shared …`
        for each of KINDS, the number of identifiers that both texts have.
        """
        by = leading(queries)
        table = self.similarities(queries).drop(index=list(without), errors="ignore")
        # Cosines of two modalities can't be compared, probabilities can.
        order = self.probabilities(table, by) if table[by].isna().any() else table[by]
        table = table.loc[order.sort_values(ascending=False, kind="stable").index].head(most)
        ads = self.data.ads.set_index("ad").loc[table.index]
        shown = ads[["region", "vendor"]].rename_axis("ad").reset_index()
        shown["confidence"] = self.probabilities(table, by).to_numpy()
        for modality in table:
            shown[f"{modality} similarity"] = table[modality].to_numpy()
        own = identifiers_of(text)
        theirs = [identifiers_of(self.data.texts[row] if row >= 0 else "") for row in ads["text"]]
        for kind in KINDS:
            shown[f"shared {kind}"] = [len(own[kind] & other[kind]) for other in theirs]
        return shown

    def nearest_pictures(self, queries: dict[str, np.ndarray], ads: Sequence[int]) -> pd.DataFrame:
        """The picture of each of these ads that is most similar to a picture of the ad in question.

        Columns `ad, image, asked` (place among the pictures given), `similarity` (cosine); a row for each ad that has a
        picture, none without pictures in the queries.
        """
        if "image" not in queries:
            return pd.DataFrame(columns=["ad", "image", "asked", "similarity"])
        items, vectors = self.stored["image"]
        keys, pairs = ["region", "vendor", "image"], self.data.pairs
        # A picture is one item, however many ads of its vendor show it.
        images = pairs.loc[pairs["ad"].isin(ads), ["ad", *keys]].drop_duplicates()
        images = images.merge(items[keys].assign(row=np.arange(len(items))), on=keys)
        cosines = retrieval.unit(vectors[images["row"].to_numpy()]) @ retrieval.unit(queries["image"]).T
        best = images.assign(asked=cosines.argmax(1), similarity=cosines.max(1))
        best = best.sort_values("similarity", ascending=False).drop_duplicates("ad").set_index("ad")
        return best.loc[[ad for ad in ads if ad in best.index], ["image", "asked", "similarity"]].reset_index()


def leading(queries: Mapping[str, np.ndarray]) -> str:
    """The modality that an ad's candidates are ranked by, of those that it has."""
    return "multimodal" if "multimodal" in queries else next(iter(queries))


def words_in_common(ads: Ads, text: str, others: Sequence[int]) -> pd.DataFrame:
    """How many words the texts of other ads share with this one: `ad, words in common, its text` (its beginning).

    Identifiers are masked; the share is of all different words of both texts.
    """
    words = set(identifiers.mask(text).lower().split())
    rows = []
    for ad, row in ads.ads.set_index("ad").loc[others, "text"].items():
        masked = identifiers.mask(ads.texts[row]) if row >= 0 else ""
        theirs = set(masked.lower().split())
        rows.append((ad, len(words & theirs) / max(1, len(words | theirs)), masked[:240]))
    return pd.DataFrame(rows, columns=["ad", "words in common", "its text"])


def identifiers_of(text: str) -> dict[str, set[str]]:
    """The contact identifiers in a text, of each of KINDS, in lower case.

    phones have ten digits, links no scheme and no `www.`, handles begin with `@`. Mail addresses and links are words
    that `lib.data.identifiers` masks as such; one that is spelled out over several words ("robin at example dot org")
    is missed.
    """
    identified: dict[str, set[str]] = {kind: set() for kind in KINDS}
    identified["phones"] = set(identifiers.phones(text))
    for word in _SEPARATORS.split(plain(text).text):
        masked = identifiers.mask_identifiers(word)
        for kind, label in _MASKED.items():
            if label in masked:
                prefix, suffix = masked.split(label, 1)  # signs of the sentence around it
                inner = word[len(prefix) : len(word) - len(suffix)]
                identified[kind].add(_PREFIX.sub("", inner).rstrip("/").lower())
        identified["handles"].update(handle.lower() for handle in _HANDLE.findall(word) if masked == word)
    return identified


class Confidence:
    """From a cosine to the probability that two ads are one vendor's: a logistic curve through links of known truth."""

    def __init__(self, links: pd.DataFrame) -> None:
        """links: `similarity, right`. Where all are right or all are wrong, every cosine gets their share."""
        right = links["right"].to_numpy()
        self.share = float(right.mean()) if len(right) else float("nan")
        both = right.any() and not right.all()
        self.curve = LogisticRegression(C=1e6).fit(links[["similarity"]].to_numpy(), right) if both else None

    def of(self, similarity: np.ndarray) -> np.ndarray:
        """(n,) cosines -> (n,) probabilities."""
        if self.curve is None:
            return np.full(len(similarity), self.share)
        return np.asarray(self.curve.predict_proba(np.asarray(similarity)[:, None])[:, 1])
