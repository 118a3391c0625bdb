"""Near-duplicates: texts by MinHash, images by perceptual hash, and campaigns of ads that share either.

Texts: the Jaccard similarity of their shingles of three words, estimated by MinHash (Broder 1997). Images: 64-bit
perceptual hashes by discrete cosine transform, which hardly change when an image is resized or recompressed. Groups are
connected components, so that two members of a group may be less similar than the threshold.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import faiss
import numpy as np
import pandas as pd

from lib.core import cached, fingerprints, packages
from lib.data import identifiers, image_arrays
from lib.data.ads import Ads
from lib.data.components import components

if TYPE_CHECKING:
    from datasketch import MinHash

HASHES = 128
SIMILARITY = 0.7
"""Least estimated Jaccard similarity of near-duplicate texts: about one word in twenty was changed."""
BITS = 4
"""Most bits in which the hashes of near-duplicate images differ. On the hotels' twin (976 images) every image that was
shrunk and recompressed is within 4 bits of the original, and no images of two places are."""


def words(text: str) -> list[str]:
    """Words and punctuation marks, in lower case."""
    return re.findall(r"\w+|[^\w\s]", text.lower())


def signatures(texts: Sequence[str], seed: int) -> np.ndarray:
    """MinHash signatures, (n, HASHES) uint64: the share of equal hashes of two texts estimates their similarity."""
    return np.stack([sketch.hashvalues for sketch in _sketches(texts, seed)])


def _sketches(texts: Sequence[str], seed: int) -> list[MinHash]:
    from datasketch import MinHash

    shingles = [
        {" ".join(tokens[place : place + 3]).encode() for place in range(max(1, len(tokens) - 2))}
        for tokens in map(words, texts)
    ]
    return list(MinHash.generator(shingles, num_perm=HASHES, seed=seed))


def text_groups(texts: Sequence[str]) -> np.ndarray:
    """The group of near-duplicates of each text, (n,) int: pairs of at least SIMILARITY are joined."""
    from datasketch import MinHashLSH

    sketches, index = _sketches(texts, 1), MinHashLSH(threshold=SIMILARITY, num_perm=HASHES)
    pairs = []
    for row, sketch in enumerate(sketches):
        pairs += [(row, other) for other in index.query(sketch) if sketch.jaccard(sketches[other]) >= SIMILARITY]
        index.insert(row, sketch)
    return components(len(texts), np.array(pairs, int))


def image_hashes(images: Iterable[np.ndarray]) -> np.ndarray:
    """Perceptual hashes, (n,) uint64, of images (h, w, 3) uint8."""
    import imagehash
    from PIL import Image

    bits = [imagehash.phash(Image.fromarray(image)).hash.ravel() for image in images]
    return np.packbits(np.stack(bits), axis=1).view(np.uint64).ravel()


def image_groups(hashes: np.ndarray) -> np.ndarray:
    """The group of near-duplicates of each image, (n,) int: hashes (n,) uint64 within BITS bits are joined."""
    codes = hashes.view(np.uint8).reshape(-1, 8)
    index = faiss.IndexBinaryFlat(64)
    index.add(codes)
    limits, _, neighbours = index.range_search(codes, BITS + 1)
    rows = np.repeat(np.arange(len(hashes)), np.diff(limits.astype(int)))
    return components(len(hashes), np.column_stack([rows, neighbours]))


def groups(ads: Ads, pixels: int, cache: Path) -> dict[str, np.ndarray]:
    """The near-duplicate group of each unique text and image: `text`, `image` -> (n,) int, of what the data has.

    Texts are compared with identifiers and digits masked. pixels, cache: as of `lib.data.image_arrays.as_array`; the
    groups are kept there too.
    """

    def of_texts() -> np.ndarray:
        return text_groups([identifiers.mask(text) for text in ads.texts])

    def of_images() -> np.ndarray:
        return image_groups(
            image_hashes(image_arrays.as_array(ads.images, pixels, cache, ads.fingerprint, ads.digests))
        )

    code = fingerprints.module_fingerprint("lib.data.near_duplicates")
    libraries = [packages.version(name) for name in ("datasketch", "imagehash", "faiss-cpu")]
    rules = cached.name(code, libraries, image_arrays.rules(), pixels)
    computed = {"text": of_texts, "image": of_images}
    return {
        modality: cached.array(cache / f"alike-{modality}-{ads.fingerprint[:16]}-{rules}.npy", compute)
        for modality, compute in computed.items()
        if modality in ads.modalities
    }


def campaigns(ads: Ads, group_of: Mapping[str, np.ndarray]) -> pd.Series:
    """Each ad's campaign, a number (index: the ads' numbers): ads with a text or an image of one group are joined.

    group_of: from `groups`. A text or image that an ad lacks joins it to none.
    """
    place = pd.Series(np.arange(len(ads.ads)), index=ads.ads["ad"])
    nodes, edges = len(place), []  # after the ads come the groups of texts, then those of images
    for modality, group in group_of.items():
        pairs = ads.pairs[ads.pairs[modality] >= 0]
        edges.append(np.column_stack([place[pairs["ad"]], nodes + group[pairs[modality]]]))
        nodes += int(group.max(initial=-1)) + 1
    campaign = components(nodes, np.concatenate([np.empty((0, 2), int), *edges]))
    return pd.Series(campaign[: len(place)], index=place.index.rename(None)).sort_index()
