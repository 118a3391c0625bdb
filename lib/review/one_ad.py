"""One ad in question: the ads of a gallery most like it, how far each likeness may be believed, and what speaks for it.

An investigative aid, not evidence (MATCHED, section 9.3): a likeness of writing or of pictures says where to look next, never who posted an ad.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from safetensors.torch import load_file
from sklearn.linear_model import LogisticRegression

from lib.core.errors import DataError
from lib.data import identifiers, image_arrays
from lib.data.normalize import plain
from lib.evaluation import retrieval
from lib.evaluation.similarity_graph import ads_of, links
from lib.runs import embeddings
from lib.runs.attribution import Experiment
from lib.runs.results import vectors
from lib.study.plan import Run

KINDS = ("phones", "mails", "links", "handles")
"""Identifiers that two ads may share."""
_MASKED = {"mails": "<EMAILID-N>", "links": "<LINK>"}
"""What `lib.data.identifiers` writes in the place of those that it masks and doesn't list."""
_BETWEEN = re.compile(r"[\s|,;]+")
_HANDLE = re.compile(r"(?<![\w@./])@[^\W\d][\w.]{1,28}\w")
_PREFIX = re.compile(r"^(?:mailto:|(?:https?|hxxps?)://)?(?:www\.)?", re.IGNORECASE)


class Investigation:
    """A trained run and the ads that it can find: all training items of all regions."""

    def __init__(self, study: str, run: Run) -> None:
        """study: as the run's notebook was given it. Raises DataError when the run's vectors or weights are not there."""
        self.stored = vectors(run)  # first, for it says what to do when nothing is there
        self.experiment = Experiment(run.notebook, study, str(run.folder), **run.parameters, metered=False)
        self.system = self.experiment.system.eval()
        self.system.load_state_dict(load_file(run.folder / "weights.safetensors"))
        self.data = self.experiment.data.ads

    def ask(self, text: str, images: Sequence[Path]) -> dict[str, np.ndarray]:
        """Vectors of one ad by modality, (1 or more, d): of its text, of each picture, and of the text with each picture.

        The text is masked and cut as texts were in training. Raises DataError when there is neither, or nothing that the system reads, and for a
        file that is no picture.
        """
        found: dict[str, np.ndarray] = {}
        asked, how = self.experiment.variant.training.precision, self.experiment.study
        if text.strip() and self.system.text is not None:
            tokens = self.system.tokenizer([identifiers.mask(text)], truncation=True, max_length=how.text.max_tokens)
            found["text"] = embeddings.encode_texts(self.system, tokens["input_ids"], asked).numpy()
        if images and self.system.image is not None:
            shown = np.stack([image_arrays.decode(Path(image), how.image.pixels) for image in images])
            found["image"] = embeddings.encode_images(self.system, shown, asked).numpy()
        if not found:
            raise DataError("The ad has neither a text nor a picture that this system reads. Give `text` or `images`.")
        if len(found) == 2 and self.system.fuse is not None:
            sides = torch.from_numpy(np.repeat(found["text"], len(found["image"]), 0)), torch.from_numpy(found["image"])
            with torch.inference_mode():
                found["multimodal"] = self.system.fuse.cpu()(*sides).numpy()
        return found

    def similarities(self, asked: dict[str, np.ndarray]) -> pd.DataFrame:
        """How alike each gallery ad is to what is asked: a row an ad (index), a column a modality (cosine of the best pair of items)."""
        columns = {}
        for modality, queries in asked.items():
            items, stored = self.stored[modality]
            gallery = np.flatnonzero((items["part"] == "train").to_numpy())
            alike = retrieval.unit(stored[gallery]) @ retrieval.unit(queries).T
            ads = ads_of(items.iloc[gallery], self.data.pairs)
            columns[modality] = pd.Series(alike.max(1)).groupby(ads).max()
        return pd.DataFrame(columns)

    def calibrated(self, modality: str) -> Confidence:
        """How often ads that are so alike were one vendor's among the validation ads."""
        return Confidence.fitted(self.links(modality, "val"))

    def links(self, modality: str, part: str) -> pd.DataFrame:
        """`lib.evaluation.similarity_graph.links` of a part's items into the gallery."""
        return links(*self.stored[modality], part)

    def likely(self, table: pd.DataFrame, by: str) -> pd.Series:
        """The chance that each ad of `similarities` is by who posted what is asked, by its cosine in `by` or, lacking that, in another modality."""
        found = pd.Series(np.nan, index=table.index)
        for modality in dict.fromkeys([by, *table]):
            rest = table.loc[found.isna() & table[modality].notna(), modality]
            if len(rest):
                found[rest.index] = self.calibrated(modality).of(rest.to_numpy())
        return found

    def candidates(
        self, asked: dict[str, np.ndarray], text: str, most: int = 10, without: Sequence[int] = ()
    ) -> pd.DataFrame:
        """The most similar ads, by both sides where an ad has both, else by the one that it has: `ad, region, vendor, confidence`, a `… similarity` for each modality that was
        asked by, and `shared …` for each of KINDS: how many of its identifiers are in both texts. without: ads that may not be found, such as the ad itself.
        """
        by = "multimodal" if "multimodal" in asked else next(iter(asked))
        table = self.similarities(asked).drop(index=list(without), errors="ignore")
        # Cosines of two modalities can't be compared, chances can.
        order = self.likely(table, by) if table[by].isna().any() else table[by]
        table = table.loc[order.sort_values(ascending=False, kind="stable").index].head(most)
        about = self.data.ads.set_index("ad").loc[table.index]
        own = identifiers_of(text)
        texts = [self.data.texts[row] if row >= 0 else "" for row in about["text"]]
        found = pd.DataFrame(
            {"ad": table.index, "region": about["region"].to_numpy(), "vendor": about["vendor"].to_numpy()}
        )
        found["confidence"] = self.likely(table, by).to_numpy()
        for modality in table:
            found[f"{modality} similarity"] = table[modality].to_numpy()
        theirs = [identifiers_of(one) for one in texts]
        for kind in KINDS:
            found[f"shared {kind}"] = [len(own[kind] & other[kind]) for other in theirs]
        return found

    def nearest_pictures(self, asked: dict[str, np.ndarray], ads: Sequence[int]) -> pd.DataFrame:
        """Of each of these ads that has a picture, the one most like a picture that was asked by: `ad, image, asked` (place among those that were
        given), `similarity` (cosine). Empty when pictures weren't asked by."""
        if "image" not in asked:
            return pd.DataFrame(columns=["ad", "image", "asked", "similarity"])
        return nearest_pictures(*self.stored["image"], asked["image"], self.data.pairs, ads)


def nearest_pictures(
    items: pd.DataFrame, vectors: np.ndarray, queries: np.ndarray, pairs: pd.DataFrame, ads: Sequence[int]
) -> pd.DataFrame:
    """See `Investigation.nearest_pictures`. items: `region, vendor, image`, a row for each of vectors (n, d); queries (m, d); pairs: as in `lib.data.ads.Ads`.

    A picture is one item, however many ads of its vendor show it, so each ad is asked for all the pictures that it shows.
    """
    keys = ["region", "vendor", "image"]
    shown = pairs.loc[pairs["ad"].isin(ads), ["ad", *keys]].drop_duplicates()
    shown = shown.merge(items[keys].assign(row=np.arange(len(items))), on=keys)
    alike = retrieval.unit(vectors[shown["row"].to_numpy()]) @ retrieval.unit(queries).T
    best = shown.assign(asked=alike.argmax(1), similarity=alike.max(1)).sort_values("similarity", ascending=False)
    best = best.drop_duplicates("ad").set_index("ad")
    return best.loc[[ad for ad in ads if ad in best.index], ["image", "asked", "similarity"]].reset_index()


def identifiers_of(text: str) -> dict[str, set[str]]:
    """What a text gives to be reached by, of each of KINDS: phones (ten digits), mails, links (without scheme and `www.`) and handles (`@name`), in lower case.

    Mail addresses and links are words that `lib.data.identifiers` masks as such; one that is written out over several words ("robin at example dot org") is missed.
    """
    found: dict[str, set[str]] = {kind: set() for kind in KINDS}
    found["phones"] = set(identifiers.phones(text))
    for word in _BETWEEN.split(plain(text).text):
        masked = identifiers.mask_identifiers(word)
        for kind, label in _MASKED.items():
            if label in masked:
                before, after = masked.split(label, 1)  # signs of the sentence around it
                inner = word[len(before) : len(word) - len(after)]
                found[kind].add(_PREFIX.sub("", inner).rstrip("/").lower())
        found["handles"].update(handle.lower() for handle in _HANDLE.findall(word) if masked == word)
    return found


class Confidence:
    """From a cosine to the chance that two ads are one vendor's: a logistic curve through links whose truth is known."""

    def __init__(self, curve: LogisticRegression | None, share: float) -> None:
        self.curve, self.share = curve, share

    @classmethod
    def fitted(cls, links: pd.DataFrame) -> Confidence:
        """links: `similarity, right`. Where all are right or all wrong, every cosine has their share."""
        right = links["right"].to_numpy()
        if right.all() or not right.any():
            return cls(None, float(right.mean()) if len(right) else float("nan"))
        return cls(LogisticRegression(C=1e6).fit(links[["similarity"]].to_numpy(), right), float(right.mean()))

    def of(self, similarity: np.ndarray) -> np.ndarray:
        """(n,) cosines -> (n,) probabilities."""
        if self.curve is None:
            return np.full(len(similarity), self.share)
        return self.curve.predict_proba(np.asarray(similarity)[:, None])[:, 1]
