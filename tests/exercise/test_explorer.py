"""The page in a real browser without network: its numbers are those of the two packages."""

import re
import shutil

import numpy as np
import pytest
import torch
from torch import nn

from pipeline.convolution import convolve, correlate
from pipeline.exercise.explorer.page import page, write_page
from pipeline.recurrent import JacobianProduct, trace

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")


def test_nothing_is_fetched_from_elsewhere():
    text = page()
    assert not re.search(r"https?://(?!www\.w3\.org)|@import|<link|src=", text)
    assert "default-src 'none'" in text
    assert "/* SCRIPTS */" not in text
    assert "/* STYLE */" not in text


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    file = write_page(tmp_path_factory.mktemp("explore") / "page.html")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        tab = browser.new_context(offline=True, viewport={"width": 1200, "height": 900}).new_page()
        errors = []
        tab.on("pageerror", lambda error: errors.append(str(error)))
        tab.goto(file.as_uri())
        yield tab
        assert errors == []
        browser.close()


@pytest.mark.parametrize("shape", [(3, 3), (2, 2), (1, 4), (5, 2)])
def test_both_operators(opened, shape):
    rng = np.random.default_rng(sum(shape))
    x, w = rng.standard_normal((7, 9)), rng.standard_normal(shape)
    for name, ours in (("convolve", convolve), ("correlate", correlate)):
        theirs = opened.evaluate(f"([x, w]) => {name}(x, w)", [x.tolist(), w.tolist()])
        np.testing.assert_allclose(theirs, ours(torch.tensor(x), torch.tensor(w), "same"), atol=1e-12)


SETTINGS = [
    {"radius": 0.9, "bias": 1, "steps": 40, "position": 39},
    {"radius": 1.7, "bias": -1, "steps": 25, "position": 12},
    {"radius": 0.3, "bias": 6, "steps": 60, "position": 59},
]


def exact(numbers):
    """float64: the page computes in double precision."""
    return torch.tensor(numbers, dtype=torch.float64)


def ours(module, x, start, position):
    """|start dstate_t/dstate_k| / |start| for k = t, t - 1, ..., 0 by the package's exact products."""
    direction = trace(module, x[:, None]).direction()
    rows = [start @ JacobianProduct(direction, position, k).matrix().plain() for k in range(position, -1, -1)]
    return [row.norm().item() / start.norm().item() for row in rows]


@pytest.mark.parametrize("settings", SETTINGS)
def test_the_tanh_networks_curve(opened, settings):
    drawn = opened.evaluate("s => draw(s)", settings)
    W = exact(drawn["W"])
    identity = settings["radius"] ** 2 * torch.eye(len(W), dtype=torch.float64)
    torch.testing.assert_close(W @ W.T, identity)  # so the spectral radius is what the slider says
    module = nn.RNN(3, 12, bias=False).double()
    with torch.no_grad():
        module.weight_hh_l0.copy_(W)
        module.weight_ih_l0.copy_(exact(drawn["U"]))
    start, x = exact(drawn["start"][:12]), exact(drawn["x"])
    curve = opened.evaluate("s => rnnCurve(s)", settings)
    np.testing.assert_allclose(curve, ours(module, x, start, settings["position"]), rtol=1e-9)


@pytest.mark.parametrize("settings", SETTINGS)
def test_the_lstms_curve(opened, settings):
    drawn = opened.evaluate("s => draw(s)", settings)
    module = nn.LSTM(3, 12).double()
    with torch.no_grad():
        for name, key in (("weight_hh_l0", "W"), ("weight_ih_l0", "U"), ("bias_hh_l0", "b")):
            stacked = [exact(gate[key]) for gate in drawn["gates"]]
            getattr(module, name).copy_(torch.cat(stacked))
        module.bias_ih_l0.zero_()
    start, x = exact(drawn["start"]), exact(drawn["x"])
    curve = opened.evaluate("s => lstmCurve(s)", settings)
    np.testing.assert_allclose(curve, ours(module, x, start, settings["position"]), rtol=1e-9)


def test_the_horizon_is_the_first_lag_below_a_thousandth(opened):
    assert opened.evaluate("horizon([1, 0.01, 0.0009, 0.1])") == 2
    assert opened.evaluate("horizon([1, 0.5, 0.4])") is None


def test_drawing_and_sliders_change_the_page(opened):
    assert opened.inner_text("#reading") == "The largest difference is 1."
    opened.select_option("#kernel-choice", "sobel")
    assert opened.inner_text("#reading").startswith("A half turn negates this kernel")
    before = opened.inner_text("#convolution")
    opened.click("#image button >> nth=0")
    assert opened.inner_text("#convolution") != before
    opened.keyboard.press("Enter")
    assert opened.inner_text("#convolution") == before
    opened.locator("#kernel input").first.fill("5")
    assert "5" in opened.inner_text("#convolution")
    horizons = opened.inner_text("#horizons")
    opened.locator("#radius").fill("0.5")
    assert opened.inner_text("#horizons") != horizons
    opened.locator("#steps").fill("10")
    assert opened.inner_text("#position-value") == "9"


@pytest.mark.parametrize("width", [320, 375, 1280])
def test_the_page_fits_its_window(opened, width):
    opened.set_viewport_size({"width": width, "height": 800})
    assert opened.evaluate("document.documentElement.scrollWidth") <= width
