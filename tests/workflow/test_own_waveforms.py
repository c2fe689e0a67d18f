"""docs/waveforms.md, followed to the letter."""

import hashlib
import re

import h5py
import numpy as np
import pytest
from runner import Workflow


@pytest.fixture
def followed(tmp_path, root):
    """A folder as the page says, with a made simulation; its workflow and commands."""
    blocks = dict(
        re.findall(r"```(tsv|yaml)\n(.*?)```", (root / "docs/waveforms.md").read_text(), re.DOTALL)
    )
    workflow = Workflow(tmp_path, root, {})
    time = np.arange(0, 0.5, 1 / 16384)
    wave = np.exp(-(((time - 0.2) / 0.05) ** 2)) * np.sin(2 * np.pi * 500 * time)
    parts = [wave, -wave / 2, -wave / 2, 0 * wave, 0.3 * wave, 0 * wave]
    np.savetxt(tmp_path / "mine.dat", np.stack([time, *(1e49 * part for part in parts)], axis=1))
    digest = hashlib.sha256((tmp_path / "mine.dat").read_bytes()).hexdigest()
    (tmp_path / "my_waveforms.tsv").write_text(blocks["tsv"].replace("<sha256>", digest))
    (tmp_path / "my.yaml").write_text(blocks["yaml"])
    return workflow


def test_a_waveform_of_ones_own(followed):
    followed.run("--", "waveforms")
    assert (followed.folder / "results/mine/waveforms/mine.png").stat().st_size > 10_000
    with h5py.File(followed.folder / "results/mine/waveforms/mine.h5") as file:
        # (G/c⁴) 10⁴⁹ g cm²/s² = 0.826 cm; the Tukey window has not begun at the peak.
        assert np.abs(file["quadrupole"][0, 0]).max() == pytest.approx(0.826, rel=0.02)
        assert list(file["modes"]) == ["g_mode"]
    quick = followed.folder / "config/quick.yaml"
    output = followed.run("--dry-run", "--configfile", quick, followed.folder / "my.yaml")
    assert "train" in output


def test_what_goes_wrong_is_said_before_any_work(followed):
    table = followed.folder / "my_waveforms.tsv"
    text = table.read_text()
    for old, new, words in (
        ("mine.dat", "other.dat", r"my_waveforms\.tsv:2: no file .*other\.dat"),
        ("g cm2/s2", "furlong", r"my_waveforms\.tsv:2: unit 'furlong' must be one of"),
        ("g_mode=", "g-mode=", r"my_waveforms\.tsv:2: tracks: 'g-mode="),
    ):
        table.write_text(text.replace(old, new))
        output = followed.run("--", "waveforms", fails=True)
        assert re.search(words, output), output
        assert "Execute" not in output
