"""The report in a real browser: wide, on a phone, in the dark; nothing loaded, nothing wider than the screen."""

import shutil

import numpy as np
import pytest

from pipeline.core.images import CLASSES
from pipeline.runs import held_out
from pipeline.runs.report.page import write_report

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
axe_playwright = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here"),
    pytest.mark.timeout(180),
]
SCREENS = {
    "wide": {"viewport": {"width": 1280, "height": 900}},
    "phone": {"viewport": {"width": 360, "height": 740}},
    "dark": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "dark"},
    "dark phone": {"viewport": {"width": 360, "height": 740}, "color_scheme": "dark"},
}


@pytest.fixture(scope="module")
def page_file(tmp_path_factory):
    """A report of six runs, as training leaves them, with 200 held-out images each."""
    root, draw = tmp_path_factory.mktemp("report"), np.random.default_rng(0)
    folders = []
    labels = np.arange(200) % 10
    images = draw.integers(256, size=(200, 32, 32, 3), dtype=np.uint8)
    for number in range(6):
        folder = root / "a-recipe-with-a-long-name" / f"20261126-10150{number}-seed{number}"
        (folder / "checkpoints").mkdir(parents=True)
        (folder / "config.yaml").write_text(f"seed: {number}\nmodel:\n  name: resnet18\noptim:\n  lr: {0.1 * number}\n")
        rows = [f"{epoch},{3 / epoch},{4 / epoch + 0.1 * number},{1 - 0.9 / epoch}" for epoch in range(1, 9)]
        header = "epoch,train_loss,validation_loss,validation_accuracy"
        (folder / "metrics.csv").write_text("\n".join([header, *rows]) + "\n")
        table = draw.dirichlet(np.full(10, 0.3), 200) * 0.5
        table[np.arange(200), labels] += 0.5 * (draw.random(200) < 0.8)
        held_out.write(folder, np.arange(200), labels, table / table.sum(1, keepdims=True), images, CLASSES)
        folders.append(folder)
    write_report(folders, root / "report.html")
    return root / "report.html"


@pytest.fixture(scope="module")
def chromium():
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.mark.parametrize("screen", SCREENS)
def test_the_page_fits_reads_and_loads_nothing(screen, chromium, page_file):
    context = chromium.new_context(**SCREENS[screen])
    page, asked, said = context.new_page(), [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.goto(page_file.as_uri())
    page.wait_for_load_state("load")
    assert [url for url in asked if not url.startswith("data:")] == [page_file.as_uri()]
    assert said == []
    width = SCREENS[screen]["viewport"]["width"]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("h2").count() == 8
    assert page.locator("img").count() == 6 * held_out.WORST
    assert page.evaluate("[...document.images].every(image => image.naturalWidth === 32)")
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor") != "rgb(255, 255, 255)"
    assert dark == ("dark" in screen)
    page.screenshot(path=page_file.with_name(f"{screen}.png"), full_page=True)
    violations = axe_playwright.Axe().run(page).response["violations"]
    assert [(each["id"], each["nodes"][0]["html"]) for each in violations] == []
    context.close()


def test_every_table_that_scrolls_can_be_reached_by_keyboard(chromium, page_file):
    context = chromium.new_context(**SCREENS["phone"])
    page = context.new_page()
    page.goto(page_file.as_uri())
    found = page.evaluate(
        "[...document.querySelectorAll('.wide')].filter(e => e.scrollWidth > e.clientWidth)"
        ".map(e => [e.tabIndex, e.getAttribute('role'), e.getAttribute('aria-label')])"
    )
    assert len(found) > 3
    assert all(index == 0 and role == "region" and label for index, role, label in found)
    assert len({label for _, _, label in found}) == len(found)
    context.close()
