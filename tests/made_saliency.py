"""Small files of saliency maps and of modes, as the workflow writes them."""

import numpy as np

from ccsncam.origin import Origin
from ccsncam.results import faithfulness_tables, mode_tables
from ccsncam.saliency.attribution import Attribution
from ccsncam.saliency.explained import Explained

CLASSES = ["noise", "a", "b"]
FRACTIONS = np.linspace(0, 1, 21)
ORIGIN = Origin("simulated", {"a": "surrogate", "b": "surrogate"})
METHODS = (("grad-cam", "Grad-CAM"), ("ones", "all ones"))


def write_explained(folder, seeds, methods=METHODS):
    """Files of ``explain``, one per seed and method."""
    paths = []
    for seed in seeds:
        for key, name in methods:
            random = np.random.default_rng([seed, len(key)])
            paths.append(folder / f"{seed}-{key}.h5")
            own = {
                "drop": np.repeat([99.0, 10, 20], 10) + seed,
                "increase": np.repeat([1.0, 0, 1], 10),
                "empty": np.arange(30) == 15,
            }
            subset = {}
            for measure in faithfulness_tables.MEASURES:
                size = (20, 21) if measure.startswith(("del", "ins")) else 20
                subset[measure] = random.random(size)
            for measure in ("correlation", "ssim"):
                subset[f"randomised_{measure}"] = random.random((20, 2, 5))
            lower = {"after the ReLU": 5, "other": 0} if key == "grad-cam" else {}
            label = np.repeat([0, 1, 2], 10)
            Explained(
                **own,
                map=np.zeros((30, 1, 1), "f4"),
                target=label,
                label=label,
                before=np.zeros(30),
                after=np.zeros(30),
                row=np.arange(10, 30),
                subset=subset,
                variants={n: own | {"drop": own["drop"] - less} for n, less in lower.items()},
                method=key,
                name=name,
                layers=["logits", "conv1"],
                fractions=FRACTIONS,
                black=np.array([0.9, 0.1, 0.0]),
                classes=CLASSES,
                dataset="test-1kpc",
                origin=ORIGIN,
                seed=seed,
            ).write(paths[-1])
    return paths


def write_attributed(folder, seeds, distance=1.0, modes=2):
    """Files of ``attribute``, one per seed."""
    paths = []
    for seed in seeds:
        random = np.random.default_rng(seed)
        paths.append(folder / f"{seed}-{distance:g}.h5")
        label = np.repeat([1, 2], 10)
        area = np.tile([0.1, 0.05, 0.05], (20, 1))
        area[:10, 2] = np.nan
        area[:, 1 + modes :] = np.nan
        change = -random.random((20, 2))
        change[:10, 1] = np.nan
        change[:, modes:] = np.nan
        columns = {
            "row": np.arange(20),
            "label": label,
            "prediction": np.where(np.arange(20) % 5, label, 0),
            "target": label,
            "network_snr": np.full(20, 30.0),
            "distance_kpc": np.full(20, distance),
            "power": 5 * area,
            "detector_change": -random.random((20, 1)),
            "detector_prediction": label[:, None],
        }
        for kind in ("mode", "mode_fixed_scale"):
            columns[f"{kind}_change"] = change
            columns[f"{kind}_prediction"] = np.where(np.isnan(change), -1, 0)
        found = {
            "share": 3 * area,
            "area": area,
            "pointing": np.where(np.isnan(area), np.nan, 1.0),
        }
        for measure in mode_tables.AGREEMENT:
            found[measure] = np.where(np.isnan(change[:, 1]) | (modes < 2), np.nan, 0.5)
        Attribution(
            **columns,
            methods={
                "score-cam": found | {"name": "Score-CAM"},
                "power": found | {"name": "signal power"},
            },
            classes=CLASSES,
            detectors=["H1"],
            modes=["g_mode", "sasi"],
            dataset=f"test-{distance:g}kpc",
            origin=ORIGIN,
            seed=seed,
        ).write(paths[-1])
    return paths
