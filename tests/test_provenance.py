"""The energy meter of a run: it counts by MATCHED's factor, prints nothing, leaves no file and always stops."""

import threading
import time

import pytest

from lib.core.provenance import Meter


def test_a_meter_counts_silently_and_leaves_no_file(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    with Meter() as meter:
        time.sleep(0.2)
        reading = meter.read()
    printed = capfd.readouterr()
    assert reading["kwh"] >= 0 and reading["method"].startswith("cpu ")
    # Both are rounded to a millionth.
    assert reading["co2_kg"] == pytest.approx(0.475 * reading["kwh"], abs=1e-6)
    assert sum(reading["parts"].values()) == pytest.approx(reading["kwh"], abs=2e-6)
    assert list(tmp_path.iterdir()) == []
    assert (printed.out, printed.err) == ("", "")


def test_meters_count_side_by_side():
    """Runs at the same time each have one; what is open when another ends goes on counting."""
    with Meter() as first, Meter() as second:
        time.sleep(0.2)
        assert second.read()["kwh"] >= 0
        time.sleep(0.8)
        assert first.read()["kwh"] > 0


def test_a_meter_stops_with_its_block_and_reads_the_same_from_then_on():
    before = set(threading.enumerate())
    with pytest.raises(KeyError), Meter() as meter:
        raise KeyError
    for thread in set(threading.enumerate()) - before:  # timers that were cancelled end within a moment
        thread.join(timeout=20)
    assert set(threading.enumerate()) <= before
    reading = meter.read()
    time.sleep(0.5)
    assert meter.read() == reading
