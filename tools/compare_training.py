"""Train variants of a detector at a reduced size on the same data, and compare them.

``python tools/compare_training.py RUN OUT [--variants FOLDER] [--per-class N] [--epochs N ...]
[--split SPLIT]``

RUN is the folder results/<run> of a run whose waveforms and noise are taken, and OUT a folder for
data sets, weights and the table ``variants-SPLIT.csv``. FOLDER holds a config file per variant,
whose blocks classifier and spectrogram change those of config/config.yaml; config/variants has
those of docs/detection.md and docs/networks.md. All variants take the bands of config/detector.yaml
and are judged by the same samples: noise of SPLIT, and signals at 10 kpc and of SNR 6 to 16 in it.
SPLIT is validation by default, because a recipe must not be chosen by test noise. What is there
already is not made again, so the tool can be stopped and called again.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

ROOT = Path(__file__).parents[1]
sys.path.append(str(ROOT / "workflow" / "scripts"))

from ccsncam.config import schema  # noqa: E402
from ccsncam.config.blocks import Sampling  # noqa: E402
from ccsncam.config.classifier import Classifier  # noqa: E402
from ccsncam.detection.statistic import statistic  # noqa: E402
from ccsncam.network import classifier, device  # noqa: E402
from ccsncam.network.architecture import count_parameters  # noqa: E402
from ccsncam.network.material import Mixed, Stored  # noqa: E402
from ccsncam.network.training import Curriculum, Outputs, train  # noqa: E402
from ccsncam.planning import coherence  # noqa: E402
from ccsncam.samples import building, leaving_out, synthesis, transforming  # noqa: E402
from ccsncam.samples.dataset import DataSet  # noqa: E402
from ccsncam.samples.mixing import Mixer  # noqa: E402
from ccsncam.samples.rests import Rests  # noqa: E402
from ccsncam.samples.spectra import Spectra  # noqa: E402

# False-alarm probabilities of a window at which signals count as found.
LEVELS = (1e-2, 1e-3)
# Bins of network SNR in which the share of signals that are found is measured.
EDGES = np.arange(6, 17)


def read(path: Path) -> dict[str, Any]:
    """Read a config file."""
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def completed(config: dict[str, Any]) -> dict[str, Any]:
    """Fill a configuration up with the defaults."""
    schema.fill(config, read(ROOT / "config/config.yaml"))
    return config


class Data:
    """Data sets of the comparison, which are made when they are first asked for."""

    def __init__(self, run: Path, folder: Path, config: dict[str, Any]) -> None:
        self.run, self.folder, self.config = run, folder, config
        self.bands = [tuple(band) for band in config["datasets"]["train_bands"]]
        folder.mkdir(parents=True, exist_ok=True)

    def inputs(self, split: str) -> synthesis.Inputs:
        """Waveforms, and the noise of a split."""
        waveforms = [self.run / f"waveforms/{name}.h5" for name in self.config["classes"][1:]]
        noise = [self.run / f"noise/{split}-{name}.h5" for name in self.config["detectors"]]
        return synthesis.Inputs.read(waveforms, noise, Sampling.of(self.config))

    def dataset(
        self, name: str, per_class: int, scaling: synthesis.Scaling, signals: bool = True
    ) -> DataSet:
        """Make a data set, or open the one that is there; without signals it is noise alone."""
        path = self.folder / f"{name}.h5"
        if not path.exists():
            inputs, seed = self.inputs(name.split("-")[0]), self.config["seed"]
            if not signals:
                inputs.waveforms = []
            building.build(path, inputs, seed, name, per_class, scaling, "variants")
        return DataSet.open(path)

    def spectra(self, train_sets: list[DataSet]) -> Spectra:
        """Make the spectra of the training, or open those that are there."""
        path = self.folder / "train.h5"
        if not path.exists():
            inputs, seed = self.inputs("train"), self.config["seed"]
            transforming.transform(path, inputs, train_sets, self.bands, seed)
        return Spectra.read(path)

    def rests(self, train_sets: list[DataSet]) -> Rests:
        """Leave a mode out of each signal of the training, or open what is there."""
        path = self.folder / "rests.h5"
        if not path.exists():
            leaving_out.leave_out(path, self.inputs("train"), train_sets, self.config["seed"])
        return Rests.read(path)

    def train_sets(self, per_class: int) -> list[DataSet]:
        """Data sets of the training, one a band."""
        return [
            self.dataset(f"train-snr-{low:g}-{high:g}", per_class, synthesis.by_snr(low, high))
            for low, high in self.bands
        ]

    def judging_sets(self, split: str) -> dict[str, DataSet]:
        """Data sets in noise of a split by which networks are judged, by name."""
        any_snr = synthesis.by_snr(6, 16)
        return {
            "10kpc": self.dataset(f"{split}-10kpc", 500, synthesis.by_distance(10)),
            "snr": self.dataset(f"{split}-snr-6-16", 500, any_snr),
            # Thresholds need more noise than these two have.
            "noise": self.dataset(f"{split}-noise", 10_000, any_snr, signals=False),
        }


def judged(model: Any, sets: dict[str, DataSet]) -> dict[str, float]:
    """Efficiency and accuracy of a network on the sets by which it is judged."""
    found = {}
    for name, dataset in sets.items():
        logits = classifier.predict(model, dataset.spectrograms)[1]
        columns = dataset.columns(("label", "network_snr"))
        found[name] = statistic(logits), logits.argmax(axis=1), *columns.values()
    noise = np.concatenate([one[0][one[2] == 0] for one in found.values()])
    far, label = found["10kpc"], found["10kpc"][2]
    score, _, kind, snr = found["snr"]
    row = {}
    for level in LEVELS:
        threshold = np.quantile(noise, 1 - level, method="higher")
        caught = pd.Series(score[kind > 0] > threshold).groupby(np.digitize(snr[kind > 0], EDGES))
        row[f"snr50_{level:g}"] = half(EDGES[:-1] + 0.5, caught.mean().to_numpy())
        row[f"found_10kpc_{level:g}"] = float((far[0][label > 0] > threshold).mean())
    row["accuracy_10kpc"] = float((far[1] == label).mean())
    row["false_alarms"] = float(
        np.mean(np.concatenate([one[1][one[2] == 0] > 0 for one in found.values()]))
    )
    return row


def half(snr: np.ndarray, share: np.ndarray) -> float:
    """SNR at which a rising share first reaches one half; NaN if it does not."""
    above = np.flatnonzero(share >= 0.5)
    if not len(above) or above[0] == 0:
        return float("nan")
    k = above[0]
    return float(np.interp(0.5, share[k - 1 : k + 1], snr[k - 1 : k + 1]))


def trained(data: Data, block: Classifier, seed: int, name: str, sets: list[DataSet]) -> Any:
    """Train a variant, or load the weights that are there."""
    path = data.folder / f"{name}-{seed}"
    validation = data.dataset("validation-snr-7-30", 200, synthesis.by_snr(7, 30))
    files = [f"{path}.{kind}" for kind in ("best.weights.h5", "last.weights.h5", "csv")]
    if not Path(files[0]).exists():
        rests = data.rests(sets) if block.mixing.mode_dropout else None
        material = (
            Mixed(Mixer(data.spectra(sets), rests), block)
            if block.mixing.anew
            else Stored(sets, block)
        )
        stages = [one.name for one in sets]
        curriculum = Curriculum(stages, material, validation)
        best, last, history = files
        train(block, curriculum, Outputs(best, last, history, f"{path}-state"), seed)
    return classifier.load_model(block, files[0], validation)


def main() -> None:
    """Print the table, and write it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--variants", type=Path, default=ROOT / "config/variants")
    parser.add_argument("--per-class", type=int, default=200)
    parser.add_argument("--epochs", type=int, nargs="+", default=[1, 1, 2, 6])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1])
    parser.add_argument("--split", choices=["validation", "test"], default="validation")
    given = parser.parse_args()
    device.prepare(threads=2)
    base = completed(read(ROOT / "config/detector.yaml"))
    rows = []
    for path in sorted(given.variants.glob("*.yaml")):
        config = completed(read(path))
        coherence.complete(config)
        values, image = config["classifier"], config["spectrogram"]
        # Variants with the images of config/detector.yaml share their data sets.
        own = given.out if image == base["spectrogram"] else given.out / f"{path.stem}-images"
        data = Data(given.run, own, base | {"spectrogram": image})
        sets, own_sets = data.train_sets(given.per_class), data.judging_sets(given.split)
        values |= {"curriculum": "accumulate", "epochs": given.epochs}
        filters, dense, kind, extra = (
            values[key] for key in ("filters", "dense", "network", "extra")
        )
        classes = len(base["classes"])
        counts = count_parameters(
            filters, dense, sets[0].image_shape, classes, kind, extra, sets[0].pairs
        )
        values["parameters"], values["features"] = counts
        for seed in given.seeds:
            model = trained(data, Classifier.of(values), seed, path.stem, sets)
            rows.append({"variant": path.stem, "seed": seed, "parameters": counts[0]})
            rows[-1] |= judged(model, own_sets)
            print(rows[-1], flush=True)
            pd.DataFrame(rows).to_csv(given.out / f"variants-{given.split}.csv", index=False)
    table = pd.DataFrame(rows).drop(columns="seed").groupby("variant", as_index=False).mean()
    print(" | ".join(["", *table.columns, ""]).strip())
    print("|---" * len(table.columns) + "|")
    for row in table.itertuples(index=False):
        print(
            " | ".join(["", *(f"{one:.4g}" if one != row[0] else one for one in row), ""]).strip()
        )


if __name__ == "__main__":
    main()
