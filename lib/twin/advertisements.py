"""The twin: a generator of ads with the shape of MATCHED and no person in them, written in MATCHED's own layout.

Innocuous classified ads: words by `lib.twin.writing`, drawn pictures by `lib.twin.drawing.render`, counts by
`lib.twin.ad_plan`. Every byte follows from the parameters. Each vendor, text and picture has its own random stream,
named by the seed and its number, so pictures can be drawn in any order, and an interrupted generation goes on where it
stopped. What real data would not tell (pseudonyms, telephone numbers, faces, rooms) is kept apart, in `truth/`.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, replace
from functools import partial
from itertools import count
from pathlib import Path

import numpy as np
import pandas as pd

from lib.core.files import write_csv, write_json
from lib.twin import ad_plan, difficulty, lexicon
from lib.twin.ad_plan import AD, IMAGE, PLAN, PUBLISHED, REGIONS, SCHOOL, VENDOR, Settings, stream
from lib.twin.drawing import render
from lib.twin.writing import drafts, phone_hiding, rendering
from lib.twin.writing.drafts import Draft
from lib.twin.writing.style import SERVICES, Style

DISTINCT = 0.1  # how far a vendor's writing is from its school's (0: not at all)
SCHOOLS = 10  # habits of writing that vendors depart from
ROOMS = 12.0  # where a vendor's pictures are taken, on average
CAMERAS = 3  # at most, with which
VARIATION = 1.0  # how far two pictures of one room differ (`lib.twin.drawing.render.render`)


@dataclass(frozen=True)
class Vendor:
    """A vendor's own ways: how it writes and what its pictures are like."""

    style: Style
    drafts: tuple[Draft, ...]
    lengths: tuple[int, ...]  # of the drafts, in tokens
    names: tuple[str, ...]
    phones: tuple[str, ...]
    hidings: tuple[str, ...]
    mail: str | None
    rooms: tuple[tuple[render.Furnishing, render.Room], ...]
    cameras: tuple[render.Camera, ...]
    people: tuple[render.Person, ...]  # one for each name


def draw_vendor(settings: Settings, number: int, lengths: np.ndarray) -> Vendor:
    """A vendor, from its own stream; lengths: tokens of its templates (`ad_plan.template_lengths`)."""
    generator = stream(settings, VENDOR, number)
    school = Style.draw(stream(settings, SCHOOL, int(generator.integers(SCHOOLS))), 1.0)
    style = Style.draw(generator, DISTINCT, school)
    tokens = tuple(map(int, lengths))
    templates = tuple(drafts.compose(style, generator, length) for length in tokens)
    names = tuple(generator.choice(lexicon.NAMES, 1 + min(generator.geometric(0.5), 6), replace=False).tolist())
    phones = tuple(_phone(3 * number + line) for line in range(1 + generator.integers(3)))
    hidings = tuple(generator.choice(phone_hiding.HIDINGS, 1 + generator.integers(3), replace=False).tolist())
    mail = f"{names[0].lower()}{generator.integers(100)}@example.org" if generator.random() < 0.2 else None
    furnishings = [render.Furnishing.draw(generator) for _ in range(1 + generator.integers(3))]
    rooms = []
    for _ in range(1 + generator.poisson(ROOMS - 1)):
        furnishing = furnishings[generator.integers(len(furnishings))]
        rooms.append((furnishing, render.Room.draw(generator)))
    cameras = tuple(render.Camera.draw(generator) for _ in range(1 + generator.integers(CAMERAS)))
    people = tuple(render.Person.draw(generator) for _ in names)
    return Vendor(style, templates, tokens, names, phones, hidings, mail, tuple(rooms), cameras, people)


def _phone(number: int) -> str:
    """The fictional number NPA-555-01xx with this number; no two vendors share one."""
    areas = [area for area in range(201, 990) if area % 100 != 11]  # 211, 311 … are services
    return f"{areas[number // 100]}55501{number % 100:02d}"


def scene(settings: Settings, vendor: Vendor, image: int) -> tuple[np.random.Generator, int, int]:
    """The stream of a picture, after its room and camera were drawn: (stream, room, camera)."""
    generator = stream(settings, IMAGE, image)
    return generator, int(generator.integers(len(vendor.rooms))), int(generator.integers(len(vendor.cameras)))


def write_ad(
    settings: Settings,
    vendor: Vendor,
    ad: int,
    region: str,
    foreign: bool,
    images: list[int],
    attempt: int = 0,
    anew: bool = False,
) -> tuple[str, dict[str, object]]:
    """An ad's text, and the truth about it; another `attempt` gives another text.

    foreign: in another language. images: the ad's pictures, whose things the text may name (`Settings.overlap`). anew:
    by no template, about any service, as long as a template would have been (its number in the truth is then -1, as it
    is of a foreign ad).
    """
    generator = stream(settings, AD, ad, attempt)
    name = vendor.names[generator.integers(len(vendor.names))]
    phone = vendor.phones[generator.integers(len(vendor.phones))]
    second = (
        vendor.phones[0] if len(vendor.phones) > 1 and phone != vendor.phones[0] and generator.random() < 0.3 else None
    )
    hiding = "slash" if second else vendor.hidings[generator.integers(len(vendor.hidings))]
    day = np.datetime64("2015-12-01") + generator.integers(152)  # the paper's time: December 2015 to April 2016
    things: list[str] = []
    for image in images:
        _, room, _ = scene(settings, vendor, image)
        things += [thing for thing in render.things(*vendor.rooms[room]) if generator.random() < settings.overlap]
    facts = rendering.Facts(
        name=name,
        city=lexicon.CITIES[region][generator.integers(len(lexicon.CITIES[region]))],
        phone=phone,
        hiding=hiding,
        mail=vendor.mail,
        post_id=str(generator.integers(10**7, 10**8)),
        date=str(day),
        price=int(generator.integers(4, 60)) * 5,
        count=int(generator.integers(2, 10)),
        size=int(generator.integers(8, 40)),
        since=int(generator.integers(1995, 2015)),
        things=tuple(dict.fromkeys(things)),
        phone2=second,
    )
    habits = difficulty.habits(region, settings.scale)
    template = int(generator.random() ** habits.main * len(vendor.drafts))
    if foreign:
        language = drafts.LANGUAGES[1 + generator.integers(len(drafts.LANGUAGES) - 1)]
        draft = drafts.compose(vendor.style, generator, 100, language)
    elif anew:
        language = "en"
        draft = drafts.compose(replace(vendor.style, services=SERVICES), generator, vendor.lengths[template])
    else:
        language, share = "en", generator.beta(2, 2 / habits.edited - 2)
        draft = drafts.edit(vendor.drafts[template], vendor.style, generator, share)
    text = rendering.render(draft, vendor.style, facts, generator)
    return text, {
        "name": name,
        "phone": phone,
        "phone2": second or "",
        "hiding": hiding,
        "language": language,
        "template": -1 if foreign or anew else template,
    }


def draw_picture(settings: Settings, vendor: Vendor, image: int, face: str) -> tuple[np.ndarray, int]:
    """A picture (pixels, pixels, 3), uint8 RGB, and the JPEG quality of its camera."""
    generator, room, number = scene(settings, vendor, image)
    person = vendor.people[generator.integers(len(vendor.people))]
    posed = None if face == "none" else person.posed(generator, face)
    camera = vendor.cameras[number]
    return render.render(*vendor.rooms[room], camera, posed, generator, settings.pixels, VARIATION), camera.quality


def write(settings: Settings, folder: Path, processes: int | None = None) -> None:
    """Write the twin into `folder`, on all cores; `twin.json` comes last and says that all of it is there.

    A vendor is one piece of work. Pictures that are there already, from a generation that was interrupted, stay.
    """
    ads, pictures = ad_plan.plan(settings)
    jobs = _jobs(settings, folder, ads, pictures)
    labels = stream(settings, PLAN, 1).permutation(len(jobs))
    for region in ads["region"].unique():
        (folder / "images" / region).mkdir(parents=True, exist_ok=True)
    begin = time.monotonic()
    results = render.in_processes(partial(_do, settings), jobs, processes)
    seconds = time.monotonic() - begin
    texts = pd.concat([result.ads for result in results]).set_index("ad")
    copied = np.where(ads["copied"] >= 0, ads["copied"], ads["ad"])
    truth = pd.concat([ads, texts.loc[copied].reset_index(drop=True)], axis=1).assign(vendor=labels[ads["vendor"]])
    pictures["file"] = [_file(*row) for row in pictures[["region", "image"]].itertuples(index=False)]
    truth["IMAGES"] = truth["ad"].map(pictures.groupby("ad")["file"].agg("|".join))
    for region, rows in truth.rename(columns={"text": "TEXT", "vendor": "VENDOR"}).groupby("region", sort=False):
        write_csv(folder / f"{region}.csv", rows[["TEXT", "IMAGES", "VENDOR"]])
    write_csv(folder / "truth" / "ads.csv", truth.drop(columns=["text", "IMAGES"]))
    images = pictures.drop_duplicates("image").merge(pd.concat([result.pictures for result in results]), on="image")
    write_csv(
        folder / "truth" / "images.csv",
        images.assign(vendor=labels[images["vendor"]], image=images["file"])[["image", "vendor", "face", "room"]],
    )
    vendors = pd.DataFrame([result.vendor for result in results]).assign(vendor=labels)
    write_csv(folder / "truth" / "vendors.csv", vendors.sort_values("vendor"))
    write_json(
        folder / "twin.json",
        {
            "settings": vars(settings),
            "vendors": len(jobs),
            "ads": len(ads),
            "images": len(images),
            "seconds": round(seconds, 1),
            "processes": processes or os.cpu_count(),
            # of one core each, without pictures that were there already
            "texts": {"made": len(texts), "seconds": round(sum(result.seconds[0] for result in results), 1)},
            "pictures": {
                "made": sum(result.drawn for result in results),
                "seconds": round(sum(result.seconds[1] for result in results), 1),
            },
        },
    )


@dataclass(frozen=True)
class _Job:
    """All that is to be written and drawn for one vendor."""

    number: int
    lengths: np.ndarray
    ads: list[tuple[int, str, bool, list[int], bool]]  # ad, region, in another language, its pictures, written anew
    pictures: list[tuple[int, str, Path]]  # picture, face, file


@dataclass(frozen=True)
class _Result:
    """The result of a job.

    ads: `ad, text` and the truth about it. pictures: `image, room`. vendor: its row in the truth. seconds: for texts
    and for pictures. drawn: pictures that weren't there before.
    """

    ads: pd.DataFrame
    pictures: pd.DataFrame
    vendor: dict[str, object]
    seconds: tuple[float, float]
    drawn: int


def _jobs(settings: Settings, folder: Path, ads: pd.DataFrame, pictures: pd.DataFrame) -> list[_Job]:
    lengths = ad_plan.template_lengths(settings, ads)
    foreign: set[int] = set()
    originals = ads[ads["copied"] < 0]
    for region, rows in originals.groupby("region", sort=False):
        some = round((1 - PUBLISHED.loc[region, "english"]) * len(rows))
        foreign |= set(stream(settings, PLAN, 2, REGIONS.index(region)).permutation(rows["ad"])[:some].tolist())
    images, varied = pictures.groupby("ad")["image"].agg(list), difficulty.varied(settings, ads)
    jobs = [_Job(number, own, [], []) for number, own in enumerate(lengths)]
    for ad, region, owner in originals[["ad", "region", "vendor"]].itertuples(index=False):
        jobs[owner].ads.append((ad, region, ad in foreign, images[ad], (region, owner) in varied))
    unique = pictures.drop_duplicates("image")
    for image, face, region, owner in unique[["image", "face", "region", "vendor"]].itertuples(index=False):
        jobs[owner].pictures.append((image, face, folder / _file(region, image)))
    return jobs


def _do(settings: Settings, job: _Job) -> _Result:
    begin = time.process_time()  # of this core alone, whatever else the machine does
    vendor = draw_vendor(settings, job.number, job.lengths)
    texts: set[str] = set()
    ads = []
    for ad, region, foreign, images, anew in job.ads:
        for attempt in count():  # Table 1 counts texts that differ
            text, truth = write_ad(settings, vendor, ad, region, foreign, images, attempt, anew)
            if text not in texts:
                break
        texts.add(text)
        ads.append({"ad": ad, "text": text, **truth})
    written = time.process_time()
    rooms, drawn = [], 0
    for image, face, path in job.pictures:
        rooms.append({"image": image, "room": scene(settings, vendor, image)[1]})
        if not path.exists():
            render.write_jpeg(path, *draw_picture(settings, vendor, image, face))
            drawn += 1
    row = {
        "vendor": job.number,
        "names": "|".join(vendor.names),
        "phones": "|".join(vendor.phones),
        "hidings": "|".join(vendor.hidings),
        "rooms": len(vendor.rooms),
    }
    seconds = written - begin, time.process_time() - written
    return _Result(pd.DataFrame(ads), pd.DataFrame(rooms), row, seconds, drawn)


def _file(region: str, image: int) -> str:
    return f"images/{region}/{image:06d}.jpg"
