"""The meter of a run: it counts, by MATCHED's factor, and is neither heard nor leaves anything."""

import time

import pytest

from lib.core import energy


@pytest.fixture
def read(tmp_path, monkeypatch, capfd):
    """What a meter read, its working folder and what was printed."""
    monkeypatch.chdir(tmp_path)
    meter = energy.Meter()
    time.sleep(0.2)
    return meter.read(), tmp_path, capfd.readouterr()


def test_a_meter_counts_silently_and_leaves_no_file(read):
    found, folder, printed = read
    assert found["kwh"] >= 0 and found["method"].startswith("cpu ")
    # Both are rounded to a millionth.
    assert found["co2_kg"] == pytest.approx(0.475 * found["kwh"], abs=1e-6)
    assert sum(found["parts"].values()) == pytest.approx(found["kwh"], abs=2e-6)
    assert list(folder.iterdir()) == []
    assert (printed.out, printed.err) == ("", "")


def test_meters_count_side_by_side():
    """Runs at the same time each have one; what is open when another ends goes on counting."""
    first, second = energy.Meter(), energy.Meter()
    time.sleep(0.2)
    assert second.read()["kwh"] >= 0
    time.sleep(0.8)
    assert first.read()["kwh"] > 0
