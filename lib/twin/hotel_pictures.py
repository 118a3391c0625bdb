"""A twin of Revisited Hotel-ID: drawn rooms of made-up hotels.

Scale 1.0 has as many pictures, branches and chains as the real file (Revisited Hotels, Table 3), with chains and
branches as unequal in size. A branch is furnished in its chain's taste with some things of its own, and has a few
rooms. *Travel sites* show tidy rooms in good light; *phones* (Hotel-ID's only source, and one of two in Hotels-50K)
show clutter, bad light and crooked angles. The chain of some branches is unknown. As on the web, some places are listed
twice and some pictures under two branches, which `lib.hotels.cleaning` has to find, and a few hotels have one picture
alone, which it has to leave out. The seed fixes every byte.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from PIL import Image

from lib.core.errors import DataError
from lib.core.files import replacing, write_csv, write_json
from lib.twin.drawing import render

IMAGES, BRANCHES, CHAINS = 97_553, 7_769, 87  # of the whole file (Table 3, Total)
UNKNOWN = 1_745 / 7_769  # of branches, share whose chain isn't known (Table 3, D_??)
LEAST = 4  # pictures of a branch
OWN = 0.2  # of a branch's furnishing, share that isn't its chain's
PHONES = 0.6  # of pictures, share taken by guests
DOUBLES = 0.02  # of branches, share listed a second time, with some of their pictures
LONE = 3 / 7_769  # for a branch, hotels of one picture besides (Hotel-ID's 97,556 before cleaning; one here at least)
_CHAIN, _BRANCH, _IMAGE, _PLAN = range(4)


@dataclass(frozen=True)
class Settings:
    """scale: of Hotel-ID's size; pixels: side of a picture."""

    scale: float = 0.02
    seed: int = 1111
    pixels: int = 64

    def __post_init__(self) -> None:
        if not 0.005 <= self.scale <= 4 or not 32 <= self.pixels <= 512:
            raise DataError("A hotels' twin has a scale from 0.005 to 4 and pictures of 32 to 512 pixels.")


def plan(settings: Settings) -> pd.DataFrame:
    """A row for every picture, before any is drawn.

    place: the hotel. chain: its true chain. known: whether the chain is listed. room: of the hotel. source: phone or
    travel site.
    """
    generator = _stream(settings, _PLAN)
    branches = max(40, round(BRANCHES * settings.scale))
    chains = max(12, round(CHAINS * settings.scale**0.5))  # fewer than in proportion would leave none to hold out
    share = generator.pareto(0.9, chains) + 0.15
    chain = np.concatenate(
        [np.arange(chains), generator.choice(chains, max(0, branches - chains), p=share / share.sum())]
    )[:branches]
    images = max(round(IMAGES * settings.scale), LEAST * branches)
    weight = generator.lognormal(0, 1.1, branches)
    sizes = LEAST + generator.multinomial(images - LEAST * branches, weight / weight.sum())
    known = generator.random(branches) >= UNKNOWN
    rooms = 1 + generator.poisson(1.5, branches)
    place = np.repeat(np.arange(branches), sizes)
    return pd.DataFrame(
        {
            "place": place,
            "chain": chain[place],
            "known": known[place],
            "room": generator.integers(0, rooms[place]),
            "source": np.where(generator.random(len(place)) < PHONES, "phone", "travel site"),
        }
    )


def listing(settings: Settings) -> pd.DataFrame:
    """A row for every picture as collected from the web, with what is listed twice, before any is drawn.

    image, label, super_label (0: chain unknown): as in Hotel-ID's files. place, chain, room, source: the truth, as
    `plan` has it. copy_of: the image that it shows again, '' of others. anew: whether the copy was compressed anew.
    """
    table = plan(settings)
    places = table["place"].max() + 1
    generator = _stream(settings, _PLAN, 1)
    label = generator.permutation(10 * places)  # labels tell nothing of order
    table["label"] = label[table["place"]]
    twice = generator.permutation(places)[: max(1, round(DOUBLES * places))]
    lone = _lone(settings, table).assign(label=lambda rows: label[places + rows["place"]])
    listed = pd.concat([table, lone], ignore_index=True)
    listed["image"] = [f"images/{place % 100:02d}/{row:06d}.jpg" for row, place in enumerate(listed["place"])]
    listed["super_label"] = np.where(listed["known"], listed["chain"] + 1, 0)
    again = listed[listed["place"].isin(twice)].groupby("place").head(3)
    again = again.assign(
        copy_of=again["image"],
        image=again["image"].str.replace(r"[^/]+$", r"copy-\g<0>", regex=True),
        label=label[places + again["place"]],
        anew=again["place"].isin(twice[::2]),
    )
    listed = listed.assign(copy_of="", anew=False)
    whole = pd.concat([listed[: len(table)], again, listed[len(table) :]])
    return whole[["image", "label", "super_label", "place", "chain", "source", "room", "copy_of", "anew"]]


def _lone(settings: Settings, table: pd.DataFrame) -> pd.DataFrame:
    """Rows of `plan` for hotels of one picture, each of the chain of some picture of `table`."""
    generator = _stream(settings, _PLAN, 2)
    places = table["place"].max() + 1
    count = max(1, round(LONE * places))
    return pd.DataFrame(
        {
            "place": places + np.arange(count),
            "chain": generator.choice(table["chain"], count),
            "known": generator.random(count) >= UNKNOWN,
            "room": 0,
            "source": np.where(generator.random(count) < PHONES, "phone", "travel site"),
        }
    )


def draw_camera(source: str, generator: np.random.Generator) -> render.Camera:
    """A travel site's photographer, or a guest with a phone."""
    camera = replace(render.Camera.draw(generator), mark="none", border="none", filter="none", mirrored=False)
    if source == "phone":
        return replace(
            camera,
            exposure=camera.exposure * float(generator.uniform(0.55, 1.05)),
            noise=camera.noise + float(generator.uniform(3, 12)),
            blur=camera.blur + float(generator.uniform(0, 0.8)),
            tilt=float(generator.normal(0, 0.12)),
            quality=int(generator.integers(40, 75)),
        )
    return replace(camera, exposure=1.1, noise=0.5, blur=0.0, tilt=0.0, vignette=0.0, quality=92)


def draw(settings: Settings, image: int, place: int, chain: int, room: int, source: str) -> tuple[np.ndarray, int]:
    """A picture (pixels, pixels, 3) uint8 RGB, and its JPEG quality.

    Guests' pictures of a room differ more from each other, and show more clutter.
    """
    taste = render.Furnishing.draw(_stream(settings, _CHAIN, chain))
    furnishing = render.varied(taste, _stream(settings, _BRANCH, place), OWN)
    interior = render.Room.draw(
        _stream(settings, _BRANCH, place, 1 + room), ("bedroom", "bedroom", "bathroom")[room % 3]
    )
    generator = _stream(settings, _IMAGE, image)
    camera = draw_camera(source, generator)
    variation = 0.8 if source == "phone" else 0.3
    return render.render(furnishing, interior, camera, None, generator, settings.pixels, variation), camera.quality


def write(settings: Settings, folder: Path, processes: int | None = None) -> None:
    """Write the twin: tables and pictures; `twin.json` comes last and says that all of it is there.

    listed.csv: `image, label, super_label` (0: chain unknown) as collected from the web, with what is listed twice.
    truth/pictures.csv: `image, place, chain, source, room`. Pictures that exist already are kept.
    """
    table = listing(settings)
    drawn, copies = table[table["copy_of"] == ""], table[table["copy_of"] != ""]
    jobs = [rows for _, rows in drawn.groupby("place")]
    render.in_processes(partial(_draw_place, settings, folder), jobs, processes)
    for row in copies.itertuples():
        _copy(folder / row.copy_of, folder / row.image, row.anew)
    write_csv(folder / "listed.csv", table[["image", "label", "super_label"]])
    write_csv(folder / "truth" / "pictures.csv", table[["image", "place", "chain", "source", "room"]])
    pictures = drawn["place"].value_counts()
    write_json(
        folder / "twin.json",
        {
            "settings": vars(settings),
            "images": len(drawn),
            "places": len(pictures),
            "listed_twice": int(copies["place"].nunique()),
            "of_one_picture": int((pictures == 1).sum()),
        },
    )


def _copy(name: Path, copy: Path, anew: bool) -> None:
    """The same file, or, as other sites show it, the picture shrunk and compressed anew."""
    if anew:
        picture = np.asarray(Image.open(name).convert("RGB"))
        side = round(0.9 * len(picture))
        render.write_jpeg(copy, cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA), 70)
    else:
        with replacing(copy) as temporary:
            shutil.copyfile(name, temporary)


def _draw_place(settings: Settings, folder: Path, rows: pd.DataFrame) -> None:
    for image, row in zip(rows.index, rows.itertuples(), strict=True):
        path = folder / row.image
        if not path.exists():
            render.write_jpeg(path, *draw(settings, image, row.place, row.chain, row.room, row.source))


def _stream(settings: Settings, kind: int, *number: int) -> np.random.Generator:
    """The random numbers of one thing, whatever else is drawn."""
    return np.random.default_rng([settings.seed, 77, kind, *number])
