"""What the paper promises of its hotel splits, each sentence checked on the files, as far as they are there.

Source: Feizi et al., "Revisiting Hotels-50K and Hotel-ID", section 2.2 and Appendix B. A splits table is that of
`lib.hotels.published_splits`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence, Sized
from typing import NamedTuple

import pandas as pd

from lib.hotels.published_splits import FILES, SEEN, TESTS, VALIDATIONS, members, missing

Members = Mapping[str, set[Hashable]]
"""Split -> its pictures, branches or chains; none of a split whose file is missing."""
GALLERIES_MADE_EQUAL = "galleries were made equal, so that not all images and branches are kept"
BY_CONSTRUCTION = "true by construction: the chains of D_?? are taken as unknown because they are those of D_??"


class Check(NamedTuple):
    """A sentence: how many of `unit` were checked, and how many break it; or `why` it wasn't checked."""

    invariant: str
    place: str
    unit: str
    checked: int
    violations: int
    why: str


def checked(splits: pd.DataFrame, by_construction: bool = False) -> pd.DataFrame:
    """The sentences that the files can break or keep; `by_construction` as of `not_checked`.

    One row a sentence: invariant, unit (of what is counted), checked, violations (both counts of units), holds, and
    place: where the paper says it ("read loosely" is our reading); "implied" if no split or linking task could do
    without it; "by analogy" if said of the tests only; "in part" if files are missing, and it was checked on the
    others. No example is given: a path or an id stays in the files.
    """
    rows = [check[:-1] for check in _checks(splits, by_construction) if not check.why]
    table = pd.DataFrame(rows, columns=Check._fields[:-1])
    return table.assign(holds=table["violations"] == 0)


def not_checked(splits: pd.DataFrame, by_construction: bool = False) -> pd.DataFrame:
    """The other sentences, and `why`: invariant, place, why.

    Their files may be missing. Or galleries were made equal, and what the paper says of all images of a branch, and of
    all branches, doesn't apply. Or the chains of D_?? count as unknown because they are those of D_??
    (`by_construction`, see `lib.hotels.published_splits.unknown_chains`).
    """
    rows = [(check.invariant, check.place, check.why) for check in _checks(splits, by_construction) if check.why]
    return pd.DataFrame(rows, columns=["invariant", "place", "why"])


def _checks(splits: pd.DataFrame, by_construction: bool) -> list[Check]:
    checks = _of_all_files(splits, by_construction)
    for whole, train, held_out in (("Total", "Trainval", TESTS), ("Trainval", "Train", VALIDATIONS)):
        checks += _of_a_level(splits, whole, train, held_out)
        checks += _of_the_files_there(splits, train, held_out)
    return checks


def _of_all_files(splits: pd.DataFrame, by_construction: bool) -> list[Check]:
    """What holds of every file, checked in those that are there."""
    checks = _Checks(splits)
    listed = splits[splits.duplicated(["split", "image"])]
    checks.add("implied", "pictures", "A file lists each picture once", splits, listed)
    labelled = splits[["image", "branch", "chain"]].drop_duplicates()
    relabelled = labelled[labelled.duplicated("image")]
    same = "A picture has the same branch and chain in every file"
    checks.add("implied", "pictures", same, labelled["image"].unique(), relabelled)
    owners = labelled[["branch", "chain"]].drop_duplicates()
    one = owners[owners.duplicated("branch")]
    checks.add("B.1", "branches", "A branch has one chain", owners["branch"].unique(), one)
    classes = _classes(splits)
    single = classes[classes < 2]
    checks.add("implied", "branches", "A branch has two images or more in a split that has it", classes, single)

    unknown, listed_so = set(splits.loc[splits["chain"].isna(), "image"]), _members(splits, "image")["D_??"]
    only, why = "D_?? has pictures of unknown chain only", BY_CONSTRUCTION if by_construction else ""
    checks.add("§2.2", "pictures", only, listed_so, listed_so - unknown, ["D_??"], why)
    every = "All pictures of unknown chain are in D_??"
    checks.add("B.1", "pictures", every, unknown, unknown - listed_so, ["D_??"])
    return checks.made


def _of_a_level(splits: pd.DataFrame, whole: str, train: str, held_out: Sequence[str]) -> list[Check]:
    """What the paper says of the tests, cut from all pictures, and by analogy of the validation splits, cut from
    Trainval."""
    pictures, branches, chains = (_members(splits, column) for column in ("image", "branch", "chain"))
    parts, (ss, su, uu, *_), new = [train, *held_out], held_out, held_out[1:]
    classes = _classes(splits)
    checks, cut = _Checks(splits, train), GALLERIES_MADE_EQUAL if _equal(classes, held_out[: len(SEEN)]) else ""

    together, union = ", ".join(parts), _union(pictures, parts)
    shared = _shared(pictures, parts)
    checks.add("implied", "pictures", f"{together} share no picture", union, shared, parts)
    made_up, differing = pictures[whole] | union, pictures[whole] ^ union
    checks.add("B.1", "pictures", f"{together} make up {whole}", made_up, differing, [whole, *parts], cut)
    own = _union(branches, new)
    split_up = _shared(branches, parts) & own
    whole_branches = f"{', '.join(new)} hold all images of their branches in {whole}"
    checks.add("B.2", "branches", whole_branches, own, split_up, [whole, *parts], cut)

    for place, unit, split, seen in (
        ("§2.2", "branches", ss, True),
        ("B.1", "chains", ss, True),
        ("§2.2", "branches", su, False),
        ("§2.2", "chains", su, True),
        ("§2.2", "branches", uu, False),
        ("§2.2", "chains", uu, False),
    ):
        of = branches if unit == "branches" else chains
        says = f"{split}: {unit} are {'seen in' if seen else 'new to'} {train}"
        checks.add(
            place, unit, says, of[split], of[split] - of[train] if seen else of[split] & of[train], [split, train]
        )
    rest = chains[whole] - chains[uu]
    every_chain = f"{train} has all known chains of {whole} but {uu}'s"
    checks.add("B.1", "chains", every_chain, rest, rest - chains[train], [whole, train, uu], cut)

    taken = classes[classes.index.get_level_values("split") == ss].droplevel("split")
    trained = classes[classes.index.get_level_values("split") == train].droplevel("split")
    limit = (taken + trained.reindex(taken.index, fill_value=0)) / 5
    fifth = f"{ss}: a fifth of a branch's images or fewer"
    checks.add("B.1", "branches", fifth, taken, taken[taken > limit], [ss, train], cut)
    # B.1 also asks for t2 images or more, which a fifth of a small branch can't meet.
    above = taken[taken > limit.clip(lower=taken.min())]
    checks.add(
        "B.1, read loosely", "branches", f"{ss}: as before, or the split's fewest", taken, above, [ss, train], cut
    )
    return checks.made


def _of_the_files_there(splits: pd.DataFrame, train: str, held_out: Sequence[str]) -> list[Check]:
    """Of what needs missing files, what the others can break. Where Trainval is missing, its parts that are there stand
    for it: nothing that is new to Trainval is in one of them."""
    checks, lacks = _Checks(splits, train, ", in part"), missing(splits)
    wanted = [train, *held_out]
    if train in lacks and train == "Trainval":
        wanted = ["Train", *VALIDATIONS, *held_out]
    parts = [part for part in wanted if part not in lacks]
    if not {train, *held_out} & set(lacks) or len(parts) < 2:
        return []
    pictures, branches, chains = (_members(splits, column) for column in ("image", "branch", "chain"))
    together, new = ", ".join(parts), [split for split in held_out[1:] if split in parts]
    shared, own = _shared(pictures, parts), _union(branches, new)
    checks.add("implied", "pictures", f"{together} share no picture", _union(pictures, parts), shared)
    if new:
        alone = f"{', '.join(new)}: branches are in no other of {together}"
        checks.add("B.2", "branches", alone, own, _shared(branches, parts) & own)
    of_new_chains = chains[held_out[2]]
    others = [part for part in parts if part != held_out[2]]
    new_chains = f"{held_out[2]}: chains are in no other of {together}"
    checks.add("§2.2", "chains", new_chains, of_new_chains, of_new_chains & _union(chains, others), [held_out[2]])
    return checks.made


class _Checks:
    """Sentences in their order; those of validation splits (train: Train) are said by analogy."""

    def __init__(self, splits: pd.DataFrame, train: str = "", note: str = "") -> None:
        self.made: list[Check] = []
        self.lacks, self.note = missing(splits), note
        self.analogy = ", by analogy" if train == "Train" else ""

    def add(
        self,
        place: str,
        unit: str,
        invariant: str,
        checked: Sized,
        violations: Sized,
        needs: Iterable[str] = (),
        why: str = "",
    ) -> None:
        """needs: splits without which it can't be checked; why: for which other reason it can't."""
        if absent := [self.lacks[split] for split in needs if split in self.lacks]:
            why = f"without {', '.join(absent)}"
        place += (self.analogy if place != "implied" else "") + self.note
        self.made.append(Check(invariant, place, unit, len(checked), len(violations), why))


def _members(splits: pd.DataFrame, column: str) -> Members:
    return {name: set() for name in FILES.values()} | members(splits, column)


def _classes(splits: pd.DataFrame) -> pd.Series:
    """Images of each split and branch (its index)."""
    return splits.groupby(["split", "branch"], observed=True).size()


def _equal(classes: pd.Series, galleries: Collection[str]) -> bool:
    """Whether all branches of these splits have one size, and the splits as many of them."""
    of = classes[classes.index.get_level_values("split").isin(galleries)]
    counts = of.groupby("split", observed=True).size()
    return len(counts) == len(galleries) and counts.nunique() == 1 and of.nunique() == 1


def _union(members: Members, names: Iterable[str]) -> set[Hashable]:
    return set().union(*(members[name] for name in names))


def _shared(members: Members, names: Iterable[str]) -> set[Hashable]:
    """The values which more than one of the named splits has."""
    counts = Counter(value for name in names for value in members[name])
    return {value for value, splits in counts.items() if splits > 1}
