"""Who posts what in the twin of ads: regions, vendors, copied texts, pictures and lengths, before a word is written.

What the paper counts (Table 1) is met exactly at scale 1 and in proportion at others.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from lib.core import published
from lib.twin.drawing.people import FACES

PUBLISHED = published.regions()
REGIONS = tuple(PUBLISHED.index)
# What the paper shows in pictures only (Fig 2) or tells without numbers (A.2, A.3.2); our choices.
SHARED = 0.3  # of a region's vendors, how many post in an earlier region too
SINGLE = 0.02  # of a region's vendors, how many have one ad there and so can't be learned
SPREAD = 1.0  # of the logarithm of a vendor's activity: most have 1 to 20 ads, a few have very many
TEMPLATES = 2.5  # ads that a vendor wrote anew and uses again, on average
LENGTHS = 0.45  # of the logarithm of a template's length: most texts stay under 512 tokens
REUSED = 0.015  # of the pictures in ads, how many were in an earlier ad of the vendor
LIMITS = (50, 600)  # tokens of a template
RENDERED = 1.022  # tokens of a text for each that its template was asked to have: what noise and facts add
VENDOR, AD, IMAGE, PLAN, SCHOOL, LENGTH = range(6)
"""What a random stream is for: the first number in its name."""


@dataclass(frozen=True)
class Settings:
    """What decides the twin's bytes.

    scale: 1 is MATCHED's size. pixels: a picture's side. overlap (0 to 1): how often a text names what its pictures
    show; 0 is like MATCHED.
    """

    scale: float
    seed: int
    pixels: int
    overlap: float = 0.0


def stream(settings: Settings, kind: int, *number: int) -> np.random.Generator:
    """The random stream of one thing; independent of all others."""
    return np.random.default_rng([settings.seed, kind, *number])


def counts(scale: float) -> pd.DataFrame:
    """Table 1 at a scale: whole numbers, and at the smallest scales as many as it takes to split and learn."""
    sizes = PUBLISHED.copy()
    least = {"vendors": 6, "ads": 40, "texts": 38, "images": 60}
    for column, floor in least.items():
        sizes[column] = np.maximum((PUBLISHED[column] * scale).round().astype(int), floor)
    return sizes


def plan(settings: Settings) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Who posts what: ads (`ad, region, vendor, copied`) and pictures in ads (`ad, image, region, vendor, face`).

    copied: the ad whose text this one repeats, or -1. face: one of FACES, or `none` where nobody is in the picture.
    """
    generator = stream(settings, PLAN)
    ads, pictures = [], []
    vendors, first_image, first_ad = 0, 0, 0
    activity: dict[int, float] = {}
    for size in counts(settings.scale).itertuples():
        old = min(round(SHARED * size.vendors), vendors)
        posting = np.concatenate(
            [generator.choice(vendors, old, replace=False), np.arange(vendors, vendors + size.vendors - old)]
        )
        vendors += size.vendors - old
        for vendor in posting:
            activity.setdefault(vendor, generator.lognormal(0, SPREAD))
        posts = _ads_per_vendor(generator, np.array([activity[vendor] for vendor in posting]), size.ads)
        group = np.repeat(np.arange(len(posting)), posts)
        owner = posting[group]
        copied = _copies(generator, group, size.ads - size.texts)
        placed = _pictures(generator, group, size.images)
        order = generator.permutation(size.ads)  # an ad's row tells nothing of its vendor
        place = np.argsort(order)
        ads.append(
            pd.DataFrame(
                {
                    "ad": first_ad + np.arange(size.ads),
                    "region": size.Index,
                    "vendor": owner[order],
                    "copied": np.where(copied[order] >= 0, first_ad + place[copied[order]], -1),
                }
            )
        )
        faces = np.array(["none", *FACES])[generator.choice(5, size.images, p=[0.45, 0, 0.25, 0.15, 0.15])]
        faces[generator.choice(size.images, round(size.faces * size.images), replace=False)] = "visible"
        number = first_image + generator.permutation(size.images)  # nor does a picture's file name
        pictures.append(
            pd.DataFrame(
                {
                    "ad": first_ad + place[placed["ad"]],
                    "image": number[placed["image"]],
                    "region": size.Index,
                    "vendor": owner[placed["ad"]],
                    "face": faces[placed["image"]],
                }
            )
        )
        first_ad, first_image = first_ad + size.ads, first_image + size.images
    return pd.concat(ads, ignore_index=True), pd.concat(pictures, ignore_index=True).sort_values(
        ["ad", "image"], ignore_index=True
    )


def template_lengths(settings: Settings, ads: pd.DataFrame) -> list[np.ndarray]:
    """Tokens of each vendor's templates, such that a region's texts have the paper's average length.

    ads: from `plan`. Each vendor draws lengths, which are scaled in the region where it posts first and kept in others.
    """
    lengths = []
    for number in range(1 + ads["vendor"].max()):
        generator = stream(settings, LENGTH, number)
        lengths.append(generator.lognormal(0, LENGTHS, 1 + generator.poisson(TEMPLATES - 1)))
    usual, scaled = np.array([own.mean() for own in lengths]), np.zeros(len(lengths), bool)
    for region, rows in ads[ads["copied"] < 0].groupby("region", sort=False):
        owners = rows["vendor"].to_numpy()
        new = ~scaled[owners]
        tokens = PUBLISHED.loc[region, "tokens"] / RENDERED * len(owners) - usual[owners[~new]].sum()
        for _ in range(5):  # the limits move the mean a little each time
            factor = tokens / usual[owners[new]].sum()
            for owner in np.unique(owners[new]):
                lengths[owner] = np.clip(lengths[owner] * factor, *LIMITS)
                usual[owner] = lengths[owner].mean()
        scaled[owners] = True
    return lengths


def _ads_per_vendor(generator: np.random.Generator, activity: np.ndarray, total: int) -> np.ndarray:
    """How many ads each vendor has; their sum is `total`."""
    least = np.where(generator.random(len(activity)) < SINGLE, 1, 2)
    room = least > 1
    shares = activity * room / (activity * room).sum()
    return least + generator.multinomial(total - least.sum(), shares)


def _copies(generator: np.random.Generator, group: np.ndarray, count: int) -> np.ndarray:
    """For each ad the ad of the same vendor whose text it repeats, or -1. group: the ads' vendors, ascending."""
    first = np.searchsorted(group, group, "left")
    later = np.flatnonzero(first < np.arange(len(group)))
    copied = np.full(len(group), -1)
    for ad in np.sort(generator.choice(later, count, replace=False)):
        original = generator.integers(first[ad], ad)
        copied[ad] = original if copied[original] < 0 else copied[original]
    return copied


def _pictures(generator: np.random.Generator, group: np.ndarray, images: int) -> pd.DataFrame:
    """Which ad has which picture (`ad, image`): at least one each, some in another ad of the same vendor again."""
    habit = generator.lognormal(0, 0.5, group.max() + 1)[group]
    per_ad = 1 + generator.multinomial(images - len(group), habit / habit.sum())
    first = pd.DataFrame({"ad": np.repeat(np.arange(len(group)), per_ad), "image": np.arange(images)})
    again = first.iloc[np.sort(generator.choice(images, round(REUSED * images), replace=False))]
    owner = group[again["ad"]]
    elsewhere = generator.integers(np.searchsorted(group, owner, "left"), np.searchsorted(group, owner, "right"))
    return pd.concat([first, again.assign(ad=elsewhere)]).drop_duplicates(ignore_index=True)
