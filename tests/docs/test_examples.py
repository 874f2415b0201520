"""The Python examples of a page run, one after the other, as a reader would type them."""

import re

import pytest

from tests.docs import pages
from tests.docs.small_images import write_images

WITH_EXAMPLES = {
    page: text
    for page in pages.PAGES
    if (text := "\n".join(block.text for block in pages.blocks(page) if block.kind == "python" and not block.title))
}


def test_the_two_modules_have_examples():
    assert {"convolution.md", "recurrent.md"} <= {page.name for page in WITH_EXAMPLES}


@pytest.mark.parametrize("page", WITH_EXAMPLES, ids=lambda page: page.name)
@pytest.mark.timeout(300)
def test_the_examples_of_a_page_run_and_print_what_it_says(page, tmp_path, monkeypatch, capsys):
    """In a folder with the recipes and a few images, where a reader has a clone and CIFAR-10."""
    (tmp_path / "configs").symlink_to(pages.ROOT / "configs")
    write_images(tmp_path / "data")
    monkeypatch.delenv("DATA_DIR", raising=False)
    monkeypatch.chdir(tmp_path)
    # One seed shows that the example runs.
    text = WITH_EXAMPLES[page].replace("for seed in range(3)", "for seed in range(1)")
    exec(compile(text, page.name, "exec"), {})
    said = re.findall(r"^print\(.*\)\n# (.+)$", text, re.MULTILINE)
    assert [line for line in capsys.readouterr().out.splitlines() if line in said] == said
