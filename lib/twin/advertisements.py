"""The twin: a generator of ads with the shape of MATCHED and no person in them, written in MATCHED's own layout.

Innocuous classified ads: words by `lib.twin.wording`, drawn pictures by `lib.twin.drawing.render`. What the paper counts (Table 1)
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

from lib.core import published
from lib.core.files import write_json, write_text
from lib.twin import lexicon, wording
from lib.twin.drawing import render

PUBLISHED = published.regions()
REGIONS = tuple(PUBLISHED.index)
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
TEMPLATES = 2.5  # ads that a vendor wrote anew and uses again, on average
LENGTHS = 0.45  # of the logarithm of a template's length: most texts stay under 512 tokens
REUSED = 0.015  # of the pictures in ads, how many were in an earlier ad of the vendor
LIMITS = (50, 600)  # tokens of a template
RENDERED = 1.022  # tokens of a text for each that its template was asked to have: what noise and facts add
DISTINCT = 0.1  # how far a vendor's writing is from its school's (0: not at all)
SCHOOLS = 10  # habits of writing that vendors depart from
EDITED = 0.35  # of a template's sentences, how many an ad changes on average
ROOMS = 12.0  # where a vendor's pictures are taken, on average
CAMERAS = 3  # at most, with which
VARIATION = 1.0  # how far two pictures of one room differ (`lib.twin.drawing.render.render`)
FACES = ("visible", "hidden", "cropped", "blurred")
_VENDOR, _AD, _IMAGE, _PLAN, _SCHOOL, _LENGTH = range(6)  # the first number in the name of a random stream


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
    rooms: tuple[tuple[render.Furnishing, render.Room], ...]
    cameras: tuple[render.Camera, ...]
    people: tuple[render.Person, ...]  # one for each name


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
    vendors, first_image, first_ad = 0, 0, 0
    activity: dict[int, float] = {}
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


def template_lengths(settings: Settings, ads: pd.DataFrame) -> list[np.ndarray]:
    """Tokens of each vendor's templates, such that a region's texts have the paper's average length.

    ads: from `plan`. Each vendor draws lengths, which are scaled in the region where it posts first and kept in others.
    """
    drawn = []
    for number in range(1 + ads["vendor"].max()):
        generator = stream(settings, _LENGTH, number)
        drawn.append(generator.lognormal(0, LENGTHS, 1 + generator.poisson(TEMPLATES - 1)))
    usual, scaled = np.array([lengths.mean() for lengths in drawn]), np.zeros(len(drawn), bool)
    for region, rows in ads[ads["copied"] < 0].groupby("region", sort=False):
        owners = rows["vendor"].to_numpy()
        new = ~scaled[owners]
        wanted = PUBLISHED.loc[region, "tokens"] / RENDERED * len(owners) - usual[owners[~new]].sum()
        for _ in range(5):  # the limits move the mean a little each time
            factor = wanted / usual[owners[new]].sum()
            for owner in np.unique(owners[new]):
                drawn[owner] = np.clip(drawn[owner] * factor, *LIMITS)
                usual[owner] = drawn[owner].mean()
        scaled[owners] = True
    return drawn


def vendor(settings: Settings, number: int, lengths: np.ndarray) -> Vendor:
    """A vendor's ways, from its own stream; lengths: tokens of its templates (`template_lengths`)."""
    generator = stream(settings, _VENDOR, number)
    school = wording.Style.draw(stream(settings, _SCHOOL, int(generator.integers(SCHOOLS))), 1.0)
    style = wording.Style.draw(generator, DISTINCT, school)
    drafts = tuple(wording.compose(style, generator, int(length)) for length in lengths)
    names = tuple(generator.choice(lexicon.NAMES, 1 + min(generator.geometric(0.5), 6), replace=False).tolist())
    phones = tuple(_phone(3 * number + line) for line in range(1 + generator.integers(3)))
    hidings = tuple(generator.choice(wording.HIDINGS, 1 + generator.integers(3), replace=False).tolist())
    mail = f"{names[0].lower()}{generator.integers(100)}@example.org" if generator.random() < 0.2 else None
    furnishings = [render.Furnishing.draw(generator) for _ in range(1 + generator.integers(3))]
    rooms = []
    for _ in range(1 + generator.poisson(ROOMS - 1)):
        furnishing = furnishings[generator.integers(len(furnishings))]
        rooms.append((furnishing, render.Room.draw(generator)))
    cameras = tuple(render.Camera.draw(generator) for _ in range(1 + generator.integers(CAMERAS)))
    people = tuple(render.Person.draw(generator) for _ in names)
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
    settings: Settings, ways: Vendor, ad: int, region: str, foreign: bool, images: list[int], attempt: int = 0
) -> tuple[str, dict[str, object]]:
    """An ad's text, and the truth about it; another attempt gives another text."""
    generator = stream(settings, _AD, ad, attempt)
    name = ways.names[generator.integers(len(ways.names))]
    phone = ways.phones[generator.integers(len(ways.phones))]
    second = ways.phones[0] if len(ways.phones) > 1 and phone != ways.phones[0] and generator.random() < 0.3 else None
    hiding = "slash" if second else ways.hidings[generator.integers(len(ways.hidings))]
    day = np.datetime64("2015-12-01") + generator.integers(152)  # the paper's time: December 2015 to April 2016
    things: list[str] = []
    for image in images:
        _, room, _ = scene(settings, ways, image)
        things += [thing for thing in render.things(*ways.rooms[room]) if generator.random() < settings.overlap]
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
    return render.render(*ways.rooms[room], taken_by, person, generator, settings.pixels, VARIATION), taken_by.quality


def write(settings: Settings, folder: Path, processes: int | None = None) -> None:
    """Write the twin into `folder`, on all cores; `twin.json` comes last and says that all of it is there.

    A vendor is one piece of work. Pictures that are there already, from a generation that was cut off, stay.
    """
    ads, shown = plan(settings)
    jobs = _jobs(settings, folder, ads, shown)
    labels = stream(settings, _PLAN, 1).permutation(len(jobs))
    for region in ads["region"].unique():
        (folder / "images" / region).mkdir(parents=True, exist_ok=True)
    begin = time.monotonic()
    # Spawned, not forked: a forked copy of a process in which a library has started threads can hang for ever.
    with ProcessPoolExecutor(processes or os.cpu_count(), get_context("spawn"), cv2.setNumThreads, (1,)) as pool:
        made = list(pool.map(partial(_make, settings), jobs, chunksize=4))
    seconds = time.monotonic() - begin
    texts = pd.concat([part.ads for part in made]).set_index("ad")
    copied = np.where(ads["copied"] >= 0, ads["copied"], ads["ad"])
    truth = pd.concat([ads, texts.loc[copied].reset_index(drop=True)], axis=1).assign(vendor=labels[ads["vendor"]])
    listed = shown.assign(file=[_file(*row) for row in shown[["region", "image"]].itertuples(index=False)])
    truth["IMAGES"] = truth["ad"].map(listed.groupby("ad")["file"].agg("|".join))
    for region, rows in truth.rename(columns={"text": "TEXT", "vendor": "VENDOR"}).groupby("region", sort=False):
        _write_csv(folder / f"{region}.csv", rows[["TEXT", "IMAGES", "VENDOR"]])
    _write_csv(folder / "truth" / "ads.csv", truth.drop(columns=["text", "IMAGES"]))
    pictures = listed.drop_duplicates("image").merge(pd.concat([part.pictures for part in made]), on="image")
    _write_csv(
        folder / "truth" / "images.csv",
        pictures.assign(vendor=labels[pictures["vendor"]], image=pictures["file"])[["image", "vendor", "face", "room"]],
    )
    vendors = pd.DataFrame([part.vendor for part in made]).assign(vendor=labels)
    _write_csv(folder / "truth" / "vendors.csv", vendors.sort_values("vendor"))
    write_json(
        folder / "twin.json",
        {
            "settings": vars(settings),
            "vendors": len(jobs),
            "ads": len(ads),
            "images": len(pictures),
            "seconds": round(seconds, 1),
            "processes": processes or os.cpu_count(),
            # of one core each; pictures that were there already took no time and don't count
            "texts": {"made": len(texts), "seconds": round(sum(part.seconds[0] for part in made), 1)},
            "pictures": {
                "made": sum(part.drawn for part in made),
                "seconds": round(sum(part.seconds[1] for part in made), 1),
            },
        },
    )


@dataclass(frozen=True)
class _Job:
    """All that is to be made of one vendor."""

    number: int
    lengths: np.ndarray
    ads: list[tuple[int, str, bool, list[int]]]  # ad, region, in another language, its pictures
    pictures: list[tuple[int, str, Path]]  # picture, face, file


@dataclass(frozen=True)
class _Made:
    """What came of it: `ad, text` and the truth about it, `image, room`, the vendor's row, seconds and new files."""

    ads: pd.DataFrame
    pictures: pd.DataFrame
    vendor: dict[str, object]
    seconds: tuple[float, float]
    drawn: int


def _jobs(settings: Settings, folder: Path, ads: pd.DataFrame, shown: pd.DataFrame) -> list[_Job]:
    lengths = template_lengths(settings, ads)
    foreign: set[int] = set()
    originals = ads[ads["copied"] < 0]
    for region, rows in originals.groupby("region", sort=False):
        some = round((1 - PUBLISHED.loc[region, "english"]) * len(rows))
        foreign |= set(stream(settings, _PLAN, 2, REGIONS.index(region)).permutation(rows["ad"])[:some].tolist())
    images = shown.groupby("ad")["image"].agg(list)
    jobs = [_Job(number, own, [], []) for number, own in enumerate(lengths)]
    for ad, region, owner in originals[["ad", "region", "vendor"]].itertuples(index=False):
        jobs[owner].ads.append((ad, region, ad in foreign, images[ad]))
    unique = shown.drop_duplicates("image")
    for image, face, region, owner in unique[["image", "face", "region", "vendor"]].itertuples(index=False):
        jobs[owner].pictures.append((image, face, folder / _file(region, image)))
    return jobs


def _make(settings: Settings, job: _Job) -> _Made:
    begin = time.process_time()  # of this core alone, whatever else the machine does
    ways = vendor(settings, job.number, job.lengths)
    said: set[str] = set()
    ads = []
    for ad, region, foreign, images in job.ads:
        attempt = 0
        text, truth = write_ad(settings, ways, ad, region, foreign, images, attempt)
        while text in said:  # Table 1 counts texts that differ
            attempt += 1
            text, truth = write_ad(settings, ways, ad, region, foreign, images, attempt)
        said.add(text)
        ads.append({"ad": ad, "text": text, **truth})
    written = time.process_time()
    rooms, drawn = [], 0
    for image, face, path in job.pictures:
        rooms.append({"image": image, "room": scene(settings, ways, image)[1]})
        if not path.exists():
            render.write_jpeg(path, *draw_picture(settings, ways, image, face))
            drawn += 1
    row = {
        "vendor": job.number,
        "names": "|".join(ways.names),
        "phones": "|".join(ways.phones),
        "hidings": "|".join(ways.hidings),
        "rooms": len(ways.rooms),
    }
    seconds = written - begin, time.process_time() - written
    return _Made(pd.DataFrame(ads), pd.DataFrame(rooms), row, seconds, drawn)


def _file(region: str, image: int) -> str:
    return f"images/{region}/{image:06d}.jpg"


def _write_csv(path: Path, table: pd.DataFrame) -> None:
    stream = io.StringIO()
    table.to_csv(stream, index=False, quoting=csv.QUOTE_MINIMAL, lineterminator="\n")
    write_text(path, stream.getvalue())
