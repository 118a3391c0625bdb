"""Tables of claims, made up for tests: what `lib.pipeline.claim_tables` reads of a study."""

from pathlib import Path

import pandas as pd

LEDGER = {
    "id": "m01",
    "paper": "matched",
    "place": "Table 2",
    "statement": "CE+SupCon identifies better than CE, by text",
    "verdict": "undecided",
    "effect": 0.08,
    "low": 0.001,
    "high": 0.17,
    "seeds": 1,
    "protocol": "ad",
    "why": "difference of macro-F1: undecided in 1 of 1; by corrected undecided",
    "twin": "whether the objective helps",
    "chapter": "01_data",
    "runs": "text/x/ce/seed1 text/x/gone/seed1",
}
LATER = {
    "smallest": 0.123,
    "vendors_needed": 1234,
    "seeds_needed": float("inf"),
    "printed_error": "The printed difference is within its own noise.",
    "in_notebooks": "The notebook has another number.",
    "planned": "follows the plan",
}
"""Columns that older studies lack."""
COMPARISON = {
    "claim": "CE+SupCon identifies better than CE, by text",
    "variant": "described",
    "place": "Table 2",
    "paper": 0.016,
    "ours": 0.08,
    "low": 0.001,
    "high": 0.17,
    "vendors": 27,
    "verdict": "undecided",
    "better_run": "text/x/ce/seed1",
    "worse_run": "text/x/gone/seed1",
    "margin": 0.01,
}
NOT_RUN = COMPARISON | {"variant": "corrected", "ours": None, "low": None, "high": None, "verdict": "not run"}
POWER = {
    "claim": "m01",
    "comparison": COMPARISON["claim"],
    "variant": "described",
    "effect": 0.08,
    "se": 0.043,
    "vendors": 27,
    "seeds": 1,
    "smallest": 0.123,
    "vendors_needed": 1234,
    "seeds_needed": None,
    "margin": 0.01,
}
ERROR = {
    "claim": "m01",
    "statement": COMPARISON["claim"],
    "place": "Table 2",
    "split": "",
    "difference": 0.016,
    "n": 365,
    "se_0": 0.03,
    "se_3": 0.025,
    "se_5": 0.02,
    "se_7": 0.015,
    "se_9": 0.009,
    "survives_from": "0.9",
}
REAL = {"claim": "m01", "set": "some real set", "verdict": "supported", "difference": 0.05}


def ledger(folder: Path, *rows: dict) -> None:
    """A ledger of these rows, each with what LEDGER has beside."""
    _write(folder, "ledger", *(LEDGER | row for row in rows))


def others(folder: Path, words: str = "") -> None:
    """The tables beside the ledger; words: in texts that a table may hold."""
    _write(folder, "claims_identification", COMPARISON | {"place": f"Table 2 {words}"}, NOT_RUN)
    _write(folder, "power", POWER | {"comparison": f"{COMPARISON['claim']} {words}"})
    _write(folder, "printed_error", ERROR | {"place": f"Table 2 {words}"})
    _write(folder, "real_sets", REAL | {"set": f"some real set {words}"})


def _write(folder: Path, name: str, *rows: dict) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(rows).to_csv(folder / f"{name}.csv", index=False)
