"""The twin: a generator of ads with the shape of MATCHED and no person in them, written in MATCHED's own layout.

Innocuous classified ads: words by `lib.wording`, drawn pictures by `lib.scenes`. What the paper counts (Table 1)
is met exactly at scale 1 and in proportion at others. Every byte follows from the parameters: each vendor, text
and picture has a random stream of its own, named by the seed and its number, so that pictures can be drawn on all
cores, in any order, and a generation that was cut off goes on where it was. The truth that real data would not
have (pseudonyms, telephone numbers and how they are hidden, faces, rooms) lies apart, in `truth/`.
"""

from __future__ import annotations

import csv
import io
import os
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from lib import lexicon, scenes, wording
from lib.ads import REGIONS
from lib.files import write_json, write_text

# MATCHED Table 1, section 3 (average lengths) and A.2 (languages), per region.
PUBLISHED = pd.DataFrame(
    {
        "ads": (14088, 8564, 3262, 2599),
        "texts": (13661, 8259, 3153, 2546),
        "images": (27423, 14883, 5049, 7760),
        "faces": (0.4928, 0.5542, 0.6052, 0.6183),
        "vendors": (1450, 1008, 507, 584),
        "tokens": (125, 118, 113, 132),
        "foreign": (0.0035, 0.0002, 0.0012, 0.0015),
    },
    index=pd.Index(REGIONS, name="region"),
)
CITIES = {
    "south": ("Houston", "Dallas", "Atlanta"),
    "midwest": ("Chicago", "Detroit"),
    "west": ("San Francisco",),
    "northeast": ("New York",),
}
# What the paper shows in pictures only (Fig 2) or tells without numbers (A.2, A.3.2); our choices.
SHARED = 0.3  # of a region's vendors, how many post in an earlier region too
SINGLE = 0.02  # of a region's vendors, how many have one ad there and so can't be learned
SPREAD = 1.0  # of the logarithm of a vendor's activity: most have 1 to 20 ads, a few have very many
REUSED = 0.015  # of the pictures in ads, how many were in an earlier ad of the vendor
DISTINCT = 0.5  # how far a vendor's writing is from its school's (0: not at all)
SCHOOLS = 24  # habits of writing that vendors depart from
EDITED = 0.35  # of a template's sentences, how many an ad changes on average
FACES = ("visible", "hidden", "cropped", "blurred")
_VENDOR, _AD, _IMAGE, _PLAN, _SCHOOL = range(5)  # the first number in the name of a random stream


@dataclass(frozen=True)
class Settings:
    """What decides the twin's bytes: scale 1 is MATCHED's size; pixels is a picture's side; overlap (0 to 1) is how
    often a text names what its pictures show, 0 in MATCHED's likeness."""

    scale: float
    seed: int
    pixels: int
    overlap: float = 0.0


@dataclass(frozen=True)
class Vendor:
    """A vendor's own ways: how it writes and what its pictures are like."""

    style: wording.Style
    drafts: tuple[wording.Draft, ...]
    names: tuple[str, ...]
    phones: tuple[str, ...]
    hidings: tuple[str, ...]
    mail: str | None
    rooms: tuple[tuple[scenes.Furnishing, scenes.Room], ...]
    cameras: tuple[scenes.Camera, ...]
    people: tuple[scenes.Person, ...]  # one for each name


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
    generator = stream(settings, _PLAN)
    sizes = counts(settings.scale)
    ads, shown = [], []
    vendors, activity, first_image, first_ad = 0, {}, 0, 0
    for size in sizes.itertuples():
        region = size.Index
        old = min(round(SHARED * size.vendors), vendors)
        here = np.concatenate(
            [generator.choice(vendors, old, replace=False), np.arange(vendors, vendors + size.vendors - old)]
        )
        vendors += size.vendors - old
        for vendor in here:
            activity.setdefault(vendor, generator.lognormal(0, SPREAD))
        posts = _ads_per_vendor(generator, np.array([activity[vendor] for vendor in here]), size.ads)
        group = np.repeat(np.arange(len(here)), posts)
        owner = here[group]
        copied = _copies(generator, group, size.ads - size.texts)
        pictures = _pictures(generator, group, size.images)
        order = generator.permutation(size.ads)  # an ad's row tells nothing of its vendor
        place = np.argsort(order)
        ads.append(
            pd.DataFrame(
                {
                    "ad": first_ad + np.arange(size.ads),
                    "region": region,
                    "vendor": owner[order],
                    "copied": np.where(copied[order] >= 0, first_ad + place[copied[order]], -1),
                }
            )
        )
        faces = np.array(["none", *FACES])[generator.choice(5, size.images, p=[0.45, 0, 0.25, 0.15, 0.15])]
        faces[generator.choice(size.images, round(size.faces * size.images), replace=False)] = "visible"
        number = first_image + generator.permutation(size.images)  # nor does a picture's file name
        shown.append(
            pd.DataFrame(
                {
                    "ad": first_ad + place[pictures["ad"]],
                    "image": number[pictures["image"]],
                    "region": region,
                    "vendor": owner[pictures["ad"]],
                    "face": faces[pictures["image"]],
                }
            )
        )
        first_ad, first_image = first_ad + size.ads, first_image + size.images
    return pd.concat(ads, ignore_index=True), pd.concat(shown, ignore_index=True).sort_values(
        ["ad", "image"], ignore_index=True
    )


def _ads_per_vendor(generator: np.random.Generator, activity: np.ndarray, total: int) -> np.ndarray:
    """How many ads each vendor has; their sum is `total`."""
    least = np.where(generator.random(len(activity)) < SINGLE, 1, 2)
    room = least > 1
    shares = activity * room / (activity * room).sum()
    return least + generator.multinomial(total - least.sum(), shares)


def _copies(generator: np.random.Generator, group: np.ndarray, wanted: int) -> np.ndarray:
    """For each ad the ad of the same vendor whose text it repeats, or -1. group: the ads' vendors, ascending."""
    first = np.searchsorted(group, group, "left")
    later = np.flatnonzero(first < np.arange(len(group)))
    copied = np.full(len(group), -1)
    for ad in np.sort(generator.choice(later, wanted, replace=False)):
        original = generator.integers(first[ad], ad)
        copied[ad] = original if copied[original] < 0 else copied[original]
    return copied


def _pictures(generator: np.random.Generator, group: np.ndarray, images: int) -> pd.DataFrame:
    """Which ad shows which picture (`ad, image`): at least one each, some in another ad of the same vendor again."""
    habit = generator.lognormal(0, 0.5, group.max() + 1)[group]
    new = 1 + generator.multinomial(images - len(group), habit / habit.sum())
    shown = pd.DataFrame({"ad": np.repeat(np.arange(len(group)), new), "image": np.arange(images)})
    again = shown.iloc[np.sort(generator.choice(images, round(REUSED * images), replace=False))]
    owner = group[again["ad"]]
    elsewhere = generator.integers(np.searchsorted(group, owner, "left"), np.searchsorted(group, owner, "right"))
    return pd.concat([shown, again.assign(ad=elsewhere)]).drop_duplicates(ignore_index=True)


def vendor(settings: Settings, number: int) -> Vendor:
    """A vendor's ways, from its own stream."""
    generator = stream(settings, _VENDOR, number)
    school = wording.Style.draw(stream(settings, _SCHOOL, int(generator.integers(SCHOOLS))), 1.0)
    style = wording.Style.draw(generator, DISTINCT, school)
    lengths = generator.lognormal(0, 0.45, 1 + generator.poisson(1.5))
    drafts = tuple(
        wording.compose(style, generator, int(np.clip(120 * length / np.exp(0.1), 20, 600))) for length in lengths
    )
    names = tuple(generator.choice(lexicon.NAMES, 1 + min(generator.geometric(0.5), 6), replace=False).tolist())
    phones = tuple(_phone(3 * number + line) for line in range(1 + generator.integers(3)))
    hidings = tuple(generator.choice(wording.HIDINGS, 1 + generator.integers(3), replace=False).tolist())
    mail = f"{names[0].lower()}{generator.integers(100)}@example.org" if generator.random() < 0.2 else None
    furnishings = [scenes.Furnishing.draw(generator) for _ in range(1 + generator.integers(3))]
    rooms = []
    for _ in range(1 + generator.poisson(3)):
        furnishing = furnishings[generator.integers(len(furnishings))]
        rooms.append((furnishing, scenes.Room.draw(generator)))
    cameras = tuple(scenes.Camera.draw(generator) for _ in range(1 + generator.integers(2)))
    people = tuple(scenes.Person.draw(generator) for _ in names)
    return Vendor(style, drafts, names, phones, hidings, mail, tuple(rooms), cameras, people)


def _phone(number: int) -> str:
    """The fictional number NPA-555-01xx with this number; no two vendors share one."""
    areas = [area for area in range(201, 990) if area % 100 != 11]  # 211, 311 … are services
    return f"{areas[number // 100]}55501{number % 100:02d}"


def scene(settings: Settings, ways: Vendor, image: int) -> tuple[np.random.Generator, int, int]:
    """The stream of a picture, after its room and camera were drawn: (stream, room, camera)."""
    generator = stream(settings, _IMAGE, image)
    return generator, int(generator.integers(len(ways.rooms))), int(generator.integers(len(ways.cameras)))


def write_ad(
    settings: Settings, ways: Vendor, ad: int, region: str, foreign: bool, images: list[int]
) -> tuple[str, dict[str, object]]:
    """An ad's text, and the truth about it."""
    generator = stream(settings, _AD, ad)
    name = ways.names[generator.integers(len(ways.names))]
    phone = ways.phones[generator.integers(len(ways.phones))]
    second = ways.phones[0] if len(ways.phones) > 1 and phone != ways.phones[0] and generator.random() < 0.3 else None
    hiding = "slash" if second else ways.hidings[generator.integers(len(ways.hidings))]
    day = np.datetime64("2015-12-01") + generator.integers(152)  # the paper's time: December 2015 to April 2016
    things: list[str] = []
    for image in images:
        _, room, _ = scene(settings, ways, image)
        things += [thing for thing in scenes.things(*ways.rooms[room]) if generator.random() < settings.overlap]
    facts = wording.Facts(
        name=name,
        city=CITIES[region][generator.integers(len(CITIES[region]))],
        phone=phone,
        hiding=hiding,
        mail=ways.mail,
        post_id=str(generator.integers(10**7, 10**8)),
        date=str(day),
        price=int(generator.integers(4, 60)) * 5,
        count=int(generator.integers(2, 10)),
        size=int(generator.integers(8, 40)),
        since=int(generator.integers(1995, 2015)),
        things=tuple(dict.fromkeys(things)),
        phone2=second,
    )
    template = int(generator.integers(len(ways.drafts)))
    if foreign:
        language = wording.LANGUAGES[1 + generator.integers(len(wording.LANGUAGES) - 1)]
        draft = wording.compose_foreign(language, generator, 100, ways.style)
    else:
        language, draft = (
            "en",
            wording.edit(ways.drafts[template], ways.style, generator, generator.beta(2, 2 / EDITED - 2)),
        )
    text = wording.render(draft, ways.style, facts, generator)
    return text, {
        "name": name,
        "phone": phone,
        "phone2": second or "",
        "hiding": hiding,
        "language": language,
        "template": template,
    }


def draw_picture(settings: Settings, ways: Vendor, image: int, face: str) -> tuple[np.ndarray, int]:
    """A picture (pixels, pixels, 3), uint8 RGB, and the JPEG quality of its camera."""
    generator, room, camera = scene(settings, ways, image)
    someone = ways.people[generator.integers(len(ways.people))]
    person = None if face == "none" else someone.posed(generator, face)
    taken_by = ways.cameras[camera]
    return scenes.render(*ways.rooms[room], taken_by, person, generator, settings.pixels), taken_by.quality


def write(settings: Settings, folder: Path, processes: int | None = None) -> None:
    """Write the twin into `folder`; `twin.json` comes last and says that all of it is there."""
    begin = time.monotonic()
    ads, shown = plan(settings)
    ways = [vendor(settings, number) for number in range(1 + ads["vendor"].max())]
    labels = stream(settings, _PLAN, 1).permutation(len(ways))
    truth = _write_texts(settings, folder, ads, shown, ways, labels)
    texted = time.monotonic()
    pictures = shown.drop_duplicates("image")
    _draw_all(settings, folder, pictures, ways, processes)
    drawn = time.monotonic()
    _write_csv(folder / "truth" / "ads.csv", truth)
    _write_csv(
        folder / "truth" / "images.csv",
        pd.DataFrame(
            {
                "image": [
                    _file(region, image) for region, image in zip(pictures["region"], pictures["image"], strict=True)
                ],
                "vendor": labels[pictures["vendor"]],
                "face": pictures["face"],
                "room": [
                    scene(settings, ways[owner], image)[1]
                    for owner, image in zip(pictures["vendor"], pictures["image"], strict=True)
                ],
            }
        ),
    )
    _write_csv(
        folder / "truth" / "vendors.csv",
        pd.DataFrame(
            {
                "vendor": labels,
                "names": ["|".join(way.names) for way in ways],
                "phones": ["|".join(way.phones) for way in ways],
                "hidings": ["|".join(way.hidings) for way in ways],
                "rooms": [len(way.rooms) for way in ways],
            }
        ).sort_values("vendor"),
    )
    write_json(
        folder / "twin.json",
        {
            "settings": vars(settings),
            "vendors": len(ways),
            "ads": len(ads),
            "images": len(pictures),
            "seconds": {"texts": round(texted - begin, 1), "pictures": round(drawn - texted, 1)},
        },
    )


def _write_texts(
    settings: Settings, folder: Path, ads: pd.DataFrame, shown: pd.DataFrame, ways: list[Vendor], labels: np.ndarray
) -> pd.DataFrame:
    images = shown.groupby("ad")["image"].agg(list)
    texts: dict[int, str] = {}
    truth: dict[int, dict[str, object]] = {}
    for region, rows in ads.groupby("region", sort=False):
        originals = rows["ad"][rows["copied"] < 0].to_numpy()
        foreign = set(
            stream(settings, _PLAN, 2, REGIONS.index(region))
            .permutation(originals)[: round(PUBLISHED.loc[region, "foreign"] * len(originals))]
            .tolist()
        )
        for ad, owner, copied in rows.sort_values("copied")[["ad", "vendor", "copied"]].itertuples(index=False):
            if copied >= 0:
                texts[ad], truth[ad] = texts[copied], truth[copied]
            else:
                texts[ad], truth[ad] = write_ad(settings, ways[owner], ad, region, ad in foreign, images[ad])
        _write_csv(
            folder / f"{region}.csv",
            pd.DataFrame(
                {
                    "TEXT": [texts[ad] for ad in rows["ad"]],
                    "IMAGES": ["|".join(_file(region, image) for image in images[ad]) for ad in rows["ad"]],
                    "VENDOR": labels[rows["vendor"]],
                }
            ),
        )
    return ads.assign(vendor=labels[ads["vendor"]]).join(pd.DataFrame.from_dict(truth, orient="index"), on="ad")


def _draw_all(
    settings: Settings, folder: Path, pictures: pd.DataFrame, ways: list[Vendor], processes: int | None
) -> None:
    """Draw what isn't there yet, on all cores."""
    tasks = [
        (ways[owner], image, face, folder / _file(region, image))
        for owner, image, face, region in pictures[["vendor", "image", "face", "region"]].itertuples(index=False)
    ]
    tasks = [task for task in tasks if not task[-1].exists()]
    for parent in {task[-1].parent for task in tasks}:
        parent.mkdir(parents=True, exist_ok=True)
    # Spawned, not forked: a forked copy of a process in which a library has started threads can hang for ever.
    with ProcessPoolExecutor(processes or os.cpu_count(), get_context("spawn"), cv2.setNumThreads, (1,)) as pool:
        for _ in pool.map(partial(_draw_one, settings), tasks, chunksize=32):
            pass


def _draw_one(settings: Settings, task: tuple[Vendor, int, str, Path]) -> None:
    ways, image, face, path = task
    scenes.write_jpeg(path, *draw_picture(settings, ways, image, face))


def _file(region: str, image: int) -> str:
    return f"images/{region}/{image:06d}.jpg"


def _write_csv(path: Path, table: pd.DataFrame) -> None:
    stream = io.StringIO()
    table.to_csv(stream, index=False, quoting=csv.QUOTE_MINIMAL, lineterminator="\n")
    write_text(path, stream.getvalue())
