"""Every link of the project's own documents leads somewhere."""

import re
import subprocess

import pytest

from lib.core.files import ROOT

DOCUMENTS = subprocess.run(
    ["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True
).stdout.split()
WRITTEN_FOR_THE_SITE = "site/"  # tests/test_site.py follows the links of its pages


def headings(text: str) -> set[str]:
    """The places that a heading makes, as GitHub names them."""
    titles = re.findall(r"^#+ +(.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("name", [name for name in DOCUMENTS if not name.startswith(WRITTEN_FOR_THE_SITE)])
def test_links_lead_somewhere(name):
    path = ROOT / name
    text = path.read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r'(?:src|href)="([^"]+)"', text)
    for link in links:
        if link.startswith(("http:", "https:", "mailto:")):
            continue
        target, _, place = link.partition("#")
        file = path.parent / target if target else path
        assert file.exists(), f"{name}: {link}"
        if place:
            assert place in headings(file.read_text(encoding="utf-8")), f"{name}: {link}"
