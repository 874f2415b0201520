"""The bar of a notebook: what it shows, how often, and where there is none; test_notebooks.py sees it in a kernel."""

from types import SimpleNamespace

import IPython.display
import pytest

from pipeline.core import notebook


@pytest.fixture
def sent(monkeypatch):
    """Everything that is sent to the browser, as HTML."""
    texts = []

    def display(shown, display_id):
        texts.append(shown.data)
        return SimpleNamespace(update=lambda again: texts.append(again.data))

    monkeypatch.setattr(IPython.display, "display", display)
    return texts


def test_it_is_drawn_at_the_start_and_the_end_and_seldom_between(sent):
    bar = notebook.NotebookBar("<b>steps", 1000, done=10)
    for done in range(11, 1001):
        bar.update(done)
    bar.draw()
    assert len(sent) <= 4
    assert 'value="10" max="1000"' in sent[0]
    assert 'value="1000" max="1000"></progress> &lt;b&gt;steps: 1,000 of 1,000, 0 s' in sent[-1]


def test_only_a_kernel_is_a_notebook(monkeypatch):
    assert not notebook.in_notebook()
    monkeypatch.setattr(IPython, "get_ipython", lambda: SimpleNamespace(kernel=1))
    assert notebook.in_notebook()
    monkeypatch.setattr(IPython, "get_ipython", lambda: SimpleNamespace())
    assert not notebook.in_notebook()
