"""Draw the data of a study that isn't there yet, with a line in the log before and after.

python -m lib.draw ads quick             # the twin of the study params/quick.yaml; hotels: its hotels' twin
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence

from lib import data, hotel_data
from lib.study import Study, load

TWINS: dict[str, tuple[Callable[[Study], None], Callable[[Study], str]]] = {
    "ads": (data.make_twin, lambda study: f"twin at scale {study.data.scale:g}"),
    "hotels": (hotel_data.make_twin, lambda study: f"hotels' twin at scale {study.hotels.scale:g}"),
}


def main(arguments: Sequence[str] = sys.argv[1:]) -> None:
    (make, label), study = TWINS[arguments[0]], load(arguments[1])
    begin, name = time.monotonic(), label(study)
    print(f"running  {name}", flush=True)
    make(study)
    print(f"done     {name}  {time.monotonic() - begin:.0f} s", flush=True)


if __name__ == "__main__":
    main()
