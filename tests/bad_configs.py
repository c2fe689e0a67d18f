"""Bad configurations: those that a user may write, and those that follow from the schema."""

import copy
import functools
import json
import math
from collections.abc import Iterator
from typing import Any

import yaml
from bad_inputs import ROOT, Case
from snakemake.common.configfile import load_configfile
from snakemake.utils import update_config

from ccsncam.planning import moments, scans, start


@functools.cache
def shipped(name: str) -> Any:
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


def default() -> dict[str, Any]:
    return copy.deepcopy(shipped("config/config.yaml"))


def start_up(config: dict[str, Any], *sources) -> None:
    """What Snakemake asks of the library when it starts."""
    rules = shipped("workflow/schemas/config.schema.yaml")
    start.prepare_study(config, shipped("config/config.yaml"), rules, sources)


def file_of(text: str, name="my.yaml"):
    """A run with a configuration file of this text on top of the defaults."""

    def attempt(folder):
        path = folder / name
        path.write_text(text, encoding="utf-8")
        config = default()
        update_config(config, load_configfile(path))
        start_up(config, path)

    return attempt


def parsed(text: str) -> Any:
    """A value of ``--config``, as `snakemake.cli.parse_config` reads it."""
    for parser in (int, float, {"True": True, "False": False}.__getitem__):
        try:
            return parser(text)
        except (ValueError, KeyError):
            continue
    return yaml.load(text, yaml.BaseLoader) if text else None


def argument_of(*pairs: str):
    """A run with ``--config`` and these pairs."""

    def attempt(_folder):
        config = default()
        for pair in pairs:
            key, text = pair.split("=", 1)
            update_config(config, {key: parsed(text)})
        start_up(config)

    return attempt


def moment_of(gps: float, text: str):
    """A request for a moment, in a run with this configuration."""

    def attempt(_folder):
        config = default()
        update_config(config, yaml.safe_load(text))
        start_up(config)
        moments.strain_at(config, gps)

    return attempt


def scan_of(start: int, end: int, text: str):
    """A request for a scan, in a run with this configuration."""

    def attempt(_folder):
        config = default()
        update_config(config, yaml.safe_load(text))
        start_up(config)
        scans.parts_of(config, start, end)

    return attempt


# --- written by hand -----------------------------------------------------------------------------

# By group: text of a configuration file → what the line must say.
FILES: dict[str, dict[str, str]] = {
    "name of a run": {
        "run: .": "config, run:",
        "run: ..": "config, run:",
        "run: .hidden": "config, run:",
        "run: -rf": "config, run:",
        "run: --help": "config, run:",
        "run: ~": "config, run:",
        "run: a/b": "config, run:",
        "run: /tmp/a": "config, run:",
        "run: ../a": "config, run:",
        "run: a b": "config, run:",
        'run: "abc\\n"': "config, run:",
        'run: "abc\\r"': "config, run:",
        'run: "a\\tb"': "config, run:",
        'run: "a\\0b"': "config, run:",
        'run: "a\\eb"': "config, run:",
        'run: ""': "config, run:",
        'run: " "': "config, run:",
        "run: a*": "config, run:",
        "run: a$HOME": "config, run:",
        "run: '{run}'": "config, run:",
        "run: Überlauf": "config, run:",
        "run: 2026-11-26": "config, run:",
        "run: 7": "config, run:",
        "run: on": "config, run:",
        f"run: {'x' * 101}": "config, run:",
    },
    "classes": {
        "classes: [s18, noise]": "first class must be noise",
        "classes: [s18, s25]": "first class must be noise",
        "classes: [noise]": "config, classes:",
        "classes: []": "config, classes:",
        "classes: noise": "config, classes:",
        "classes: [noise, s18, s18]": "config, classes:",
        "classes: [noise, noise]": "config, classes:",
        "classes: [noise, m40]": "m40 not in config/waveforms.tsv",
        "classes: [noise, S18]": "S18 not in config/waveforms.tsv",
        "classes: [noise, s18, S18]": "s18 and S18 differ in capital letters only",
        "classes: [noise, .]": "config, classes.1:",
        "classes: [noise, ..]": "config, classes.1:",
        "classes: [noise, -rf]": "config, classes.1:",
        "classes: [noise, a/b]": "config, classes.1:",
        "classes: [noise, a b]": "config, classes.1:",
        'classes: [noise, "s18\\n"]': "config, classes.1:",
        "classes: [noise, '']": "config, classes.1:",
        "classes: [noise, 18]": "config, classes.1:",
        "classes: [noise, 18.5]": "config, classes.1:",
        "classes: [noise, [s18]]": "config, classes.1:",
        "classes: [noise, null]": "config, classes.1:",
        f"classes: [noise, {'x' * 65}]": "config, classes.1:",
        "figures: {comparison: noise}": "figures.comparison: 'noise' is no signal class",
        "figures: {comparison: s19}": "figures.comparison: 's19' is no signal class",
        "classes: [noise, s18]\nclassifier: {parameters: null, features: null}": "comparison",
    },
    "keys that occur twice": {
        "seed: 1\nseed: 2": "my.yaml:2: the key 'seed' occurs twice in this block, first in line 1",
        "run: a\nseed: 1\nrun: a": "my.yaml:3: the key 'run'",
        "signal:\n  f_min: 30\n  f_min: 40": "my.yaml:3: the key 'f_min'",
        "signal: {f_min: 30}\nnoise: {}\nsignal: {f_max: 1000}": "my.yaml:3: the key 'signal'",
        "noise: {simulated: {psd: {H1: a, H1: b}}}": "my.yaml:1: the key 'H1'",
        "noise:\n  files:\n    plain:\n      a.h5: {detector: H1, start: 1, start: 2}": (
            "my.yaml:4: the key 'start'"
        ),
        "'seed': 1\nseed: 2": "my.yaml:2: the key 'seed'",
        "# words\n\n\nseed: 1\n# more\nseed: 1": "my.yaml:6: the key 'seed' occurs twice in this",
        '{"seed": 1, "seed": 2}': "my.yaml:1: the key 'seed'",
    },
    "unknown keys": {
        "colour: 1": "unknown key 'colour'",
        "sead: 1": "unknown key 'sead'; did you mean 'seed'?",
        "SEED: 1": "unknown key 'SEED'",
        "1: 2": "unknown key 1",
        "null: 2": "unknown key None",
        "true: 2": "unknown key True",
        "2026-11-26: 1": "unknown key datetime.date",
        "noise: {rnages: 1}": "config, noise: unknown key 'rnages'; did you mean 'ranges'?",
        "noise: {simulated: {glitchs: {H1: 1}}}": "did you mean 'glitches'?",
        "noise: {simulated: {psd: {G1: x}}}": "config, noise.simulated.psd: unknown key 'G1'",
        "noise: {simulated: {live_time: {H1: 100}}}": "live_time: unknown key 'H1'",
        "noise: {ranges: {training: [[1, 100]]}}": "did you mean 'train'?",
        "signal: {f_mn: 20}": "did you mean 'f_min'?",
        "classifier: {seed: 1}": "did you mean 'seeds'?",
        "classifier: {optimizer: sgd}": "config, classifier: unknown key 'optimizer'",
        "classify: {source: gwosc}": "did you mean 'moment', or 'moment.table' for a table of",
        "classify: {moments: table.tsv}": "'moment.table' for a table of several moments?",
        "moment: {moments: table.tsv}": "'moments'; did you mean 'moment.table'?",
        "saliency: {options: {gradcam: {}}}": "did you mean 'grad-cam'?",
        "saliency: {options: {grad-cam: {channel_softmax: true}}}": "unknown key 'channel_softmax'",
        "saliency: {options: {score-cam: {softmax: true}}}": "config, saliency.options.score-cam",
        "figures: {fig4: 1}": "config, figures: unknown key 'fig4'",
        "moment: {plain: {a.h5: {detector: H1, start: 1, dataset: s, rate: 4096}}}": "'rate'",
    },
    "blocks": {
        "noise: []": "config, noise:",
        "noise: null": "config, noise:",
        "noise: simulated": "config, noise:",
        "signal: 4096": "config, signal:",
        "datasets: [1, 2]": "config, datasets:",
        "noise: {ranges: [[1, 100]]}": "config, noise.ranges:",
        "noise: {simulated: {psd: aLIGO}}": "config, noise.simulated.psd:",
        "noise: {simulated: {glitches: 1}}": "config, noise.simulated.glitches:",
        "seed: &x [*x]": "a block holds itself",
    },
    "whole numbers and texts": {
        "seed: 1.0": "seed: 1.0 is not of type 'integer'",
        "seed: 1e3": "config, seed:",
        "seed: '1'": "config, seed:",
        "seed: true": "config, seed:",
        "seed: 4294967296": "config, seed:",
        "classifier: {seeds: [1.0]}": "classifier.seeds.0: 1.0 is not of type 'integer'",
        "classifier: {seeds: 0}": "config, classifier.seeds:",
        "classifier: {seeds: [0, 0]}": "config, classifier.seeds:",
        "classifier: {seeds: [true]}": "config, classifier.seeds.0:",
        "classifier: {learning_rate: 5e-4}": "write 5.0e-4, not 5e-4",
        "datasets: {train_per_class: 2e3}": "config, datasets.train_per_class:",
        "datasets: {train_per_class: 100.0}": "config, datasets.train_per_class:",
        "classifier: {xla: 'no way'}": "config, classifier.xla:",
        "classifier: {epochs: 40}": "config, classifier.epochs:",
    },
    "detectors": {
        "detectors: []": "config, detectors:",
        "detectors: H1": "config, detectors:",
        "detectors: [H1, H1]": "config, detectors:",
        "detectors: [h1]": "config, detectors.0:",
        "detectors: [G1]": "config, detectors.0:",
        "detectors: [H1, L1, V1, K1, H1]": "config, detectors:",
        "detectors: [H1, L1]": "427234",
    },
    "frequencies": {
        "signal: {highpass: 2048}": "config, signal.highpass:",
        "signal: {highpass: 4096}": "config, signal.highpass:",
        "signal: {highpass: 0}": "config, signal.highpass:",
        "signal: {highpass: 1.0e-9}": "config, signal.highpass:",
        "signal: {highpass: 1000, f_max: 900}": "signal.highpass: 1000 Hz must be below",
        "signal: {tukey: 1.1}": "config, signal.tukey:",
        "signal: {tukey: -0.1}": "config, signal.tukey:",
        "signal: {f_max: 2049}": "config, signal.f_max:",
        "signal: {f_min: 10}": "config, signal.f_min:",
        "signal: {f_min: 500, f_max: 400}": "signal.f_min: 500 Hz must be below signal.f_max",
        "signal: {f_min: 500, f_max: 500}": "signal.f_min: 500 Hz must be below signal.f_max",
        "signal: {sample_rate: 16384}": "config, signal.sample_rate:",
        "signal: {bounce_window: [0.15, 0.0]}": "bounce_window: [0.15, 0.0] must rise",
        "signal: {bounce_window: [0.1, 0.1]}": "bounce_window: [0.1, 0.1] must rise",
        "signal: {bounce_window: [0.0, 0.5]}": "config, signal.bounce_window.1:",
        "signal: {bounce_window: [0.1]}": "config, signal.bounce_window:",
        "spectrogram: {window: 8192}": "config, spectrogram.window:",
        "spectrogram: {window: 8}": "config, spectrogram.window:",
        "spectrogram: {hop: 0}": "config, spectrogram.hop:",
        "spectrogram: {hop: 4096}": "too small for the convolutions",
        "spectrogram: {f_max: 20}": "too small for the convolutions",
        "spectrogram: {f_max: 4096}": "config, spectrogram.f_max:",
        "spectrogram: {normalisation: fixed}": "config, spectrogram.ceiling:",
        "spectrogram: {kind: q-scan}": "config, spectrogram.kind:",
        "spectrogram: {kind: wdm, hop: 64}": "config, spectrogram.kind: wdm needs",
        "spectrogram: {kind: reassigned, window: 250, hop: 125}": "set them to 256 and 128",
        "spectrogram: {kind: multiresolution}": "428242",
        "spectrogram: {kind: strain}": "network: paper cannot see spectrogram.kind strain: strain",
        "spectrogram: {kind: strain, hop: 64}": "config, spectrogram.kind: strain needs",
        "spectrogram: {q: 4}": "config, spectrogram.q:",
        "spectrogram: {ceiling: 0}": "config, spectrogram.ceiling:",
        "whitening: {psd_duration: 3}": "config, whitening.psd_duration:",
        "whitening: {psd_duration: 64}": "config, noise.segment_duration:",
        "whitening: {filter_duration: 3}": "config, whitening.filter_duration:",
        "whitening: {filter_duration: 0.0001}": "config, whitening.filter_duration:",
    },
    "bands, distances and sizes": {
        "datasets: {train_bands: [[50, 40], [30, 40], [20, 30]]}": "bands: [50, 40] must rise",
        "datasets: {train_bands: [[40, 40], [30, 40], [20, 30]]}": "bands: [40, 40] must rise",
        "datasets: {train_bands: [[40, 50], [30, 41], [20, 30]]}": "[40, 50] and [30, 41] overlap",
        "datasets: {train_bands: [[40, 50], [40, 50], [20, 30]]}": "overlap",
        "datasets: {train_bands: [[40, 50]]}": "classifier.epochs has 3 numbers",
        "datasets: {train_bands: [40, 50]}": "config, datasets.train_bands.1:",
        "datasets: {train_bands: [[40, 50, 60], [30, 40], [20, 30]]}": "train_bands.0:",
        "classifier: {epochs: [40]}": "classifier.epochs has 1 numbers",
        "classifier: {epochs: [40, 40, 0]}": "config, classifier.epochs.2:",
        "datasets: {validation_band: [50, 20]}": "validation_band: [50, 20] must rise",
        "datasets: {validation_band: [0, 20]}": "config, datasets.validation_band.0:",
        "datasets: {validation_band: [1.0e-9, 50]}": "config, datasets.validation_band: 1e-09-50",
        "datasets: {distances: []}": "config, datasets.distances:",
        "datasets: {distances: [1, 1]}": "config, datasets.distances:",
        "datasets: {distances: [1, 1.0]}": "config, datasets.distances:",
        "datasets: {distances: [1, 5, 10, 1.00000001]}": "datasets.distances: 1: take numbers",
        "datasets: {distances: [1, 5, 10, 1.0e-9]}": "config, datasets.distances.3:",
        "datasets: {distances: [1, 5, 10, .inf]}": "datasets.distances: inf is not a finite",
        "datasets: {distances: [1, 5, 10, .nan]}": "datasets.distances: nan is not a finite",
        "datasets: {distances: [1, 5]}": "figures.distances: [10] not in datasets.distances",
        "datasets: {train_per_class: 0}": "config, datasets.train_per_class:",
        "datasets: {train_per_class: 100000000000}": "config, datasets.train_per_class:",
        "datasets: {test_per_class: 50}": "saliency.per_class: 100 must be at most",
        "saliency: {per_class: 1}": "config, saliency.per_class:",
        "saliency: {per_class: 1001}": "saliency.per_class: 1001 must be at most",
        "saliency: {distance: 11}": "config, saliency.distance: [11] not in",
        "saliency: {distances: [11]}": "config, saliency.distances: [11] not in",
        "unseen: {distances: [11]}": "config, unseen.distances: [11] not in",
        "unseen: {distances: []}": "config, unseen.distances:",
        "unseen: {distances: 1}": "config, unseen.distances:",
        "unseen: {distance: 1}": "unknown key 'distance'; did you mean 'distances'?",
        "figures: {distances: [11]}": "config, figures.distances: [11] not in",
        "figures: {distances: []}": "config, figures.distances:",
        "figures: {gallery_snr: 5}": "figures.gallery_snr: 5 must lie in",
        "figures: {gallery_snr: .nan}": "figures.gallery_snr: nan is not a finite",
        "figures: {examples: {bounce_time: 0.5}}": "config, figures.examples.bounce_time:",
    },
    "network and maps": {
        "classifier: {parameters: 427377}": "427378",
        "classifier: {features: 2000}": "2112",
        "classifier: {filters: [16]}": "the network paper has 2 convolutions",
        "classifier: {network: track}": "config, classifier.filters: 2 numbers, but the network",
        "classifier: {network: vgg}": "config, classifier.network:",
        "classifier: {network: averaged}": "parameters 427378",
        "classifier: {network: averaged, parameters: null}\nspectrogram: {scale: power}": (
            "only paper, late, late-shared take spectrogram.scale power"
        ),
        "classifier: {network: residual, filters: [16]}": "the network residual has 2 to 5",
        "classifier: {filters: [16, 16, 16]}": "the network paper has 2 convolutions",
        "classifier: {network: strain}": "strain cannot see spectrogram.kind stft: strain sees",
        "classifier: {network: strain, filters: [8, 8], extra: [scales], dense: [8], "
        "parameters: null, features: null}\n"
        "spectrogram: {kind: strain, normalisation: none}": "classifier.extra: strain sees no",
        "classifier: {network: strain, filters: [8, 8]}\n"
        "spectrogram: {kind: strain, scale: power}": "set it to amplitude",
        "classifier: {extra: [scale]}": "config, classifier.extra.0:",
        "classifier: {extra: [scales]}": "normalisation detector have lost their scales",
        "classifier: {extra: [scales]}\nspectrogram: {normalisation: none}": "428578 and 2118",
        "classifier: {extra: [coherence]}": "427978 and 2115",
        "spectrogram: {coherence: [41.0]}": "config, spectrogram: unknown key 'coherence'",
        "spectrogram: {coherence: null}": "config, spectrogram: unknown key 'coherence'",
        "classifier: {extra: [coherence]}\ndetectors: [V1]": "and detectors has only V1; add one",
        "classifier: {extra: [coherence]}\nspectrogram: {hop: 256}": "set spectrogram.hop to 128",
        "classifier: {extra: [coherence]}\nspectrogram: {window: 128, hop: 64}": (
            "light needs 112 samples from H1 to V1, which is more than half a spectrogram.window"
        ),
        "classifier: {extra: [coherence]}\nnoise: {source: gwosc, coincident: true}": (
            "draw the same second of real noise, which may be coherent where that of time slides"
        ),
        "classifier: {mask_penalty: -1}": "config, classifier.mask_penalty:",
        "classifier: {mask_penalty: 3}": "config, classifier.mask_penalty: 3 needs a training that",
        "classifier: {mixing: {mode_dropout: 0.5}}": "mixing.mode_dropout: 0.5 needs a training",
        "classifier: {mixing: {glitches: 0.3}}": "mixing.glitches: 0.3 needs a training",
        "classifier: {mixing: {anew: true, mode_dropout: 2}}": "classifier.mixing.mode_dropout:",
        "classifier: {schedule: step}": "config, classifier.schedule:",
        "classifier: {patience: 0}": "config, classifier.patience:",
        "classifier: {dropout: 1}": "config, classifier.dropout:",
        "classifier: {weight_decay: -1}": "config, classifier.weight_decay:",
        "classifier: {label_smoothing: 1.0}": "config, classifier.label_smoothing:",
        "classifier: {mixing: {anew: often}}": "config, classifier.mixing.anew:",
        "classifier: {mixing: {anew: true}}\nspectrogram: {kind: hilbert-huang}": (
            "config, classifier.mixing.anew: true: not with spectrogram.kind hilbert-huang"
        ),
        "spectrogram: {kind: hilbert-huang, hop: 64}": "spectrogram.kind: hilbert-huang needs a",
        "classifier: {mixing: {noise: 0}}": "config, classifier.mixing.noise:",
        "classifier: {mixing: {glitches: 0.6}}": "config, classifier.mixing.glitches:",
        "classifier: {mixing: {hard_negatives: 0.3}}": "config, classifier.mixing.hard_negatives:",
        "classifier: {mixing: {scored: 10}}": "config, classifier.mixing.scored:",
        "classifier: {mixing: {rounds: 0}}": "config, classifier.mixing.rounds:",
        "classifier: {mixing: {fresh: true}}": "unknown key 'fresh'",
        "classifier: {filters: [16, 0]}": "config, classifier.filters.1:",
        "classifier: {dense: []}": "config, classifier.dense:",
        "classifier: {curriculum: repeat}": "config, classifier.curriculum:",
        "classifier: {shards: 0}": "config, classifier.shards:",
        "classifier: {batch_size: 0}": "config, classifier.batch_size:",
        "saliency: {layer: conv3}": "saliency.layer: 'conv3' must be one of",
        "saliency: {layer: Conv2}": "saliency.layer: 'Conv2' must be one of",
        "saliency: {methods: []}": "must hold grad-cam",
        "saliency: {methods: [grad-cam, score-cam]}": "must hold grad-cam++",
        "saliency: {methods: [grad-cam, grad-cam++]}": "must hold score-cam",
        "saliency: {methods: [grad-cam++, score-cam]}": "must hold grad-cam,",
        "saliency: {methods: [grad-cam, grad-cam++, score-cam, lime]}": "saliency.methods.3:",
        "saliency: {methods: [grad-cam, grad-cam++, score-cam, grad-cam]}": "saliency.methods:",
        "saliency: {options: {score-cam: {score: odds}}}": "saliency.options.score-cam.score:",
        "saliency: {options: {integrated-gradients: {steps: 0}}}": "integrated-gradients.steps:",
        "saliency: {options: {smooth-grad: {spread: 0}}}": "smooth-grad.spread:",
        "saliency: {target: truth}": "config, saliency.target:",
    },
    "noise": {
        "noise: {source: real}": "config, noise.source:",
        "noise: {source: files}": "config, noise.files.folder:",
        "noise: {source: files, files: {folder: nowhere}}": "nowhere",
        "noise: {source: files, files: {folder: ''}}": "config, noise.files.folder:",
        "noise: {source: files, files: {folder: README.md}}": "README.md",
        "noise: {source: gwosc, gwosc: {folder: nowhere}}": "noise.gwosc.folder: nowhere is not",
        "noise: {source: gwosc, gwosc: {cache: README.md}}": "noise.gwosc.cache: README.md is not",
        "noise: {gwosc: {cache: '{run}'}}": "config, noise.gwosc.cache:",
        "noise: {gwosc: {host: gwosc.org}}": "config, noise.gwosc.host:",
        "noise: {gwosc: {host: 'https://'}}": "config, noise.gwosc.host:",
        'noise: {gwosc: {host: "https://gwosc.org\\n"}}': "config, noise.gwosc.host:",
        "noise: {gwosc: {mirror: ftp}}": "config, noise.gwosc.mirror:",
        "noise: {gwosc: {proxy: proxy.org}}": "config, noise.gwosc.proxy:",
        "noise: {gwosc: {host: 'https://me:secret@gwosc.org'}}": "noise.gwosc.host: a URL with",
        "noise: {gwosc: {mirror: 'https://me:secret@a.org/x'}}": "noise.gwosc.mirror: a URL with",
        "noise: {gwosc: {proxy: 'http://me@proxy.org:80'}}": "set https_proxy in the environment",
        "noise: {gwosc: {timeout: 0}}": "config, noise.gwosc.timeout:",
        "noise: {source: gwosc, files: {quality: [DATA, GOOD]}}": "quality: strain of GWOSC has no",
        "noise: {source: gwosc, files: {injections: [NO_HW]}}": "injections: strain of GWOSC has",
        "noise: {files: {quality: [DATA, DATA]}}": "config, noise.files.quality:",
        "noise: {files: {channel: '{ifo}:STRAIN'}}": "config, noise.files.channel:",
        "noise: {files: {plain: {a.h5: {detector: H1, start: 1}}}}": "noise.files.plain.a.h5:",
        "noise: {files: {plain: {a.h5: {detector: G1, start: 1, dataset: s}}}}": "detector:",
        "noise: {files: {plain: {a.h5: {detector: H1, start: .nan, dataset: s}}}}": "start: nan",
        "noise: {files: {plain: [a.h5]}}": "config, noise.files.plain:",
        "noise: {source: gwosc, coincident: true}": "noise.coincident: in noise.ranges.train no",
        "noise: {source: gwosc, segment_duration: 4096}": "noise.ranges.train: no piece of 4096 s",
        "noise: {segment_duration: 8}": "noise.segment_duration: 8 s is too short",
        "noise: {ranges: {train: [[1, 46]]}}": "ranges.train: the longest range is 45 s",
        "noise: {ranges: {train: [[640, 1]]}}": "noise.ranges.train: [640, 1] must rise",
        "noise: {ranges: {train: [[1, 1]]}}": "noise.ranges.train: [1, 1] must rise",
        "noise: {ranges: {train: [[0.5, 640]]}}": "config, noise.ranges.train.0.0:",
        "noise: {ranges: {train: [1, 640]}}": "config, noise.ranges.train.1:",
        "noise: {ranges: {train: []}}": "config, noise.ranges.train:",
        "noise: {ranges: {validation: [[1238252307, 1238354855]]}}": "overlap",
        "noise: {exclude: [[20, 10]]}": "noise.exclude: [20, 10] must rise",
        "noise: {exclude: [[10, 10]]}": "noise.exclude: [10, 10] must rise",
        "noise: {exclude: [[.nan, 10]]}": "noise.exclude: nan is not a finite",
        "noise: {exclude: [10, 20]}": "config, noise.exclude.1:",
        "noise: {events: {catalogs: [GWTC-9]}}": "no event of 'GWTC-9'",
        "noise: {events: {catalogs: ['']}}": "noise.events.catalogs",
        "noise: {events: {window: [8]}}": "config, noise.events.window:",
        "noise: {events: {window: [-8, 8]}}": "config, noise.events.window.0:",
        "noise: {simulated: {psd: {H1: aLIGO03}}}": "noise.simulated.psd.H1: 'aLIGO03' is no PSD",
        "noise: {simulated: {psd: {H1: ''}}}": "noise.simulated.psd.H1: '' is no PSD",
        "noise: {simulated: {psd: {H1: flat_unity}}}": "psd.H1: 'flat_unity' is no PSD",
        "noise: {simulated: {psd: {H1: analytical_psd_lisa_tdi_T}}}": "_tdi_T' is no PSD",
        "noise: {simulated: {psd: {H1: /tmp/}}}": "noise.simulated.psd.H1: /tmp/: a folder",
        "noise: {simulated: {psd: {V1: no.txt}}}": "noise.simulated.psd.V1: no.txt: no such file",
        "noise: {simulated: {psd: {L1: config}}}": "noise.simulated.psd.L1: 'config' is no PSD",
        "noise: {simulated: {glitches: {H1: -1}}}": "config, noise.simulated.glitches.H1:",
        "noise: {simulated: {glitches: {H1: 1000}}}": "noise.simulated.glitches.H1: 1000 per min",
        "noise: {simulated: {glitch_kinds: {blop: 1}}}": "unknown kind 'blop'",
        "noise: {simulated: {glitch_kinds: {blip: .nan}}}": "glitch_kinds.blip: nan is not a",
        "noise: {simulated: {glitch_kinds: {blip: -1}}}": "noise.simulated.glitch_kinds.blip",
        "noise: {simulated: {glitch_snr: [50, 5]}}": "glitch_snr: [50, 5] must rise",
        "noise: {simulated: {glitch_snr: [0, 5]}}": "config, noise.simulated.glitch_snr.0:",
        "noise: {simulated: {live_time: {train: {H1: 20000}}}}": "live_time.train.H1: 20000 s must",
        "noise: {simulated: {live_time: {train: {H1: 10}}}}": "live_time.train.H1: 10 s must be",
    },
    "waveforms": {
        "waveforms: nowhere.tsv": "config, waveforms: there is no file nowhere.tsv",
        "waveforms: config": "config, waveforms: there is no file config",
        "waveforms: ''": "config, waveforms:",
        f"waveforms: {'x' * 300}": "config, waveforms: there is no file",
        "waveforms: config/config.yaml": "config/config.yaml:6: ",
        "waveforms: resources/events.tsv": "resources/events.tsv:8: unknown column",
        "surrogates: [m40]": "config, surrogates: m40: no row",
        "surrogates: [s18, s18]": "config, surrogates:",
        "surrogates: s18": "config, surrogates:",
    },
    "moments": {
        "moment: {source: files}": "config, moment.folder: set a folder",
        "moment: {folder: strain}": "config, moment.folder: set a folder",
        "moment: {source: files, folder: nowhere}": "moment.folder: there is no folder nowhere",
        "moment: {source: simulated}": "config, moment.source:",
        "detection: {background: {stride: 4}}": "stride: 4 hops of 128 samples are 0.125",
        "detection: {background: {live_time: {test: 0}}}": "config, detection.background.live_time",
        "detection: {background: {batches: 0}}": "config, detection.background.batches: 0",
        "detection: {background: {keep: 0}}": "config, detection.background.keep: 0",
        "detection: {rate: 1 a week}": "detection.rate: '1 a week' is not in detection.rates (1 an",
        "detection: {rates: {1 a week: 1}}": "config, detection.rates.1 a week: 1",
        'detection: {rates: {"{a}": 60}}': "config, detection.rates:",
        "detection: {probabilities: [0.9]}": "config, detection.probabilities",
        "detection: {probabilities: []}": "config, detection.probabilities:",
        "detection: {per_class: 1}": "config, detection.per_class: 1",
        "detection: {noise_windows: 99}": "config, detection.noise_windows: 99",
        "detection: {noise_windows: 500, probabilities: [0.001]}": "500 windows cannot show",
        "detection: {coverage: 1}": "config, detection.coverage: 1",
        "moment: {span: 1}": "config, moment.span:",
        "moment: {span: 60}\nnoise: {segment_duration: 32}": "config, moment.span: 60 s plus",
        "moment: {step: 0}": "config, moment.step:",
        "moment: {missing: white}": "config, moment.missing:",
        "moment: {table: nowhere.tsv}": "config, moment.table: there is no file nowhere.tsv",
        "moment: {table: docs}": "config, moment.table: there is no file docs",
        f"moment: {{table: {'x' * 300}}}": "config, moment.table: there is no file",
        "moment: {table: config/waveforms.tsv}": "config/waveforms.tsv:",
    },
    "scans": {
        "scan: {ranges: [[1266282065, 1266281937]]}": "config, scan.ranges: [1266282065, 12662819",
        "scan: {ranges: [[1266281937, 1266281938]]}": "must lie at least 2 s after the start",
        "scan: {ranges: [1266281937, 1266282065]}": "config, scan.ranges.1:",
        "scan: {ranges: [[1266281937.5, 1266282065]]}": "config, scan.ranges.0.0:",
        "scan: {ranges: [[1, 9], [1, 9]]}": "config, scan.ranges:",
        "scan: {lowest: -1}": "config, scan.lowest:",
        "scan: {most: 0}": "config, scan.most:",
        "scan: {pages: -1}": "config, scan.pages:",
        "scan: {rated: 1}": "config, scan.rated:",
        "scan: {source: gwosc}": "unknown key",
    },
    "studies": {
        "study: []": "config, study:",
        "study: {variant: {}}": "did you mean 'variants'?",
        "study: {name: a/b}": "config, study.name:",
        "study: {name: embedded, variants: {a: {}}}": "study.name: embedded is the name of the run",
        "study: {name: Embedded, variants: {a: {}}}": "study.name: Embedded is the name of the run",
        "study: {seeds: []}": "config, study.seeds:",
        "study: {seeds: [0, 0]}": "config, study.seeds:",
        "study: {seeds: [1.0]}": "study.seeds.0: 1.0 is not of type 'integer'",
        "study: {detection: maybe}": "config, study.detection:",
        "study: {variants: [a]}": "config, study.variants:",
        "study: {variants: {a: 1}}": "config, study.variants.a:",
        "study: {variants: {a: [1]}}": "config, study.variants.a:",
        "study: {variants: {../a: {}}}": "config, study.variants:",
        "study: {variants: {a b: {}}}": "config, study.variants:",
        "study: {variants: {.a: {}}}": "config, study.variants:",
        "study: {variants: {-a: {}}}": "config, study.variants:",
        "study: {variants: {'{a}': {}}}": "config, study.variants:",
        "study: {variants: {'<a>': {}}}": "config, study.variants:",
        "study: {variants: {1: {}}}": "config, study.variants:",
        f"study: {{variants: {{{'x' * 61}: {{}}}}}}": "config, study.variants:",
        "study: {variants: {shared: {}}}": "study.variants: shared is a folder of the study",
        "study: {variants: {Tables: {}}}": "study.variants: Tables is a folder of the study",
        "study: {variants: {a: {}, A: {}}}": "a and A differ in capital letters only",
        "study: {variants: {a: {}, a: {}}}": "my.yaml:1: the key 'a' occurs twice",
        "study: {variants: {a: {sead: 1}}}": (
            "study.variants.a: the top level: unknown key 'sead'; did you mean 'seed'?"
        ),
        "study: {variants: {a: {noise: {rnages: 1}}}}": "study.variants.a: noise: unknown key",
        "study: {variants: {a: {noise: []}}}": "study.variants.a: noise:",
        "study: {variants: {a: {classifier: 3}}}": "study.variants.a: classifier:",
        "study: {variants: {a: {spectrogram: {hop: 0}}}}": "a: spectrogram.hop: 0",
        "study: {variants: {a: {spectrogram: {f_max: .nan}}}}": "f_max: nan is not a finite",
        "study: {variants: {a: {classifier: {parameters: 1}}}}": "a: classifier: parameters 1",
        "study: {variants: {a: {spectrogram: {normalisation: fixed}}}}": (
            "study.variants.a: spectrogram.ceiling: fixed normalisation needs a number"
        ),
        "study: {variants: {a: {spectrogram: {kind: hilbert-huang}}}}": (
            "study.variants.a: search of noise: not with spectrogram.kind hilbert-huang, of which "
            "a core transforms 5 samples a second, so that this would take days: set "
            "study.detection to false, or leave this variant out"
        ),
        "study: {variants: {a: {waveforms: no.tsv}}}": "study.variants.a: waveforms: there is no",
        "study: {variants: {a: {run: b}}}": "study.variants.a: run: a variant cannot change it",
        "study: {variants: {a: {seed: 1}}}": "study.variants.a: seed: a variant cannot change it",
        "study: {variants: {a: {classes: [noise, s18]}}}": "study.variants.a: classes: a variant",
        "study: {variants: {a: {study: {}}}}": "study.variants.a: study: a variant cannot",
        "study: {variants: {a: {datasets: {distances: [1]}}}}": "a: datasets.distances: a variant",
        "study: {variants: {a: {datasets: {test_per_class: 1}}}}": "a: datasets.test_per_class:",
        "study: {variants: {a: {classifier: {seeds: [7]}}}}": "have the seeds of study.seeds",
        "study: {variants: {a: {detection: {rate: 1 a year}}}}": "a: detection.rate: a variant",
        "study: {variants: {a: {detection: {rates: {1 a year: 9}}}}}": "a: detection.rates:",
        "study: {variants: {a: {noise: {gwosc: {keep: false}}}}}": "a: noise.gwosc: a variant",
        "study: {leave_out: [b]}": "study.leave_out: 'b' is no variant; there are none",
        "study: {variants: {a: {}}, leave_out: [b]}": "study.leave_out: 'b' is no variant; there",
        "study: {variants: {a: {}}, leave_out: [a]}": "study.leave_out: no variant is left",
        "study: {variants: {a: {}}, leave_out: a}": "config, study.leave_out:",
        "study: {against: []}": "config, study.against:",
        "study: {variants: {a: {}}, against: {a: [a]}}": "config, study.against.a:",
        "study: {variants: {a: {}}, against: {a: null}}": "config, study.against.a:",
        "study: {variants: {a: {}}, against: {b: a}}": "study.against: b: 'b' is no variant; there",
        "study: {variants: {a: {}}, against: {a: c}}": "study.against: a: 'c' is no variant; there",
        "study: {against: {a: b}}": "study.against: a: 'a' is no variant; there are none",
        "study: {variants: {a: {}, b: {}}, against: {a: b}, leave_out: [b]}": (
            "study.leave_out: a would have no b to be compared with: leave out a, too, or name"
        ),
        "study: {grades: []}": "config, study.grades:",
        "study: {variants: {a: {}}, grades: {a: removal}}": "config, study.grades.a:",
        "study: {variants: {a: {}}, grades: {a: [remowal]}}": "config, study.grades.a.0: 'remowal'",
        "study: {variants: {a: {}}, grades: {b: []}}": "study.grades: 'b' is no variant",
        "study: {variants: {a: {}}, grades: {a: [unseen]}}": (
            "config, study.grades.a: unseen: no row of config/waveforms.tsv has the role unseen"
        ),
        "study: {variants: {a: {}}, grades: {a: [unseen]}, detection: false}": (
            "config, study.grades.a: unseen counts what is found at a rate of false alarms"
        ),
        "study: {variants: {a: {}, b: {}}, against: {b: b}}": "against: b is compared with itself",
        "study: {variants: {a: {spectrogram: 5}}}": "study.variants.a: spectrogram: 5 is not",
        "study: {compare: [nowhere]}": "study.compare: nowhere: there is no such folder",
        "study: {compare: [docs]}": "study.compare: docs: it has no evaluation/seed-<n>",
        "study: {compare: [results/embedded]}": "study.compare: results/embedded: it belongs to",
        "study: {compare: [results/study/a]}": "study.compare: results/study/a: it belongs to",
        "study: {compare: ['']}": "config, study.compare.0:",
        "study: {compare: [docs, docs]}": "config, study.compare:",
        "study: {compare: ['{a}']}": "rename it, because Snakemake gives the sign",
    },
}

ARGUMENTS = {
    ("seed=1.0",): "seed: 1.0 is not of type 'integer'",
    ("seed=one",): "config, seed:",
    ("seed=",): "config, seed:",
    ("seed=-1",): "config, seed:",
    ("seed=nan",): "config, seed",
    ("run=../a",): "config, run:",
    ("run=1",): "config, run:",
    ("sead=1",): "did you mean 'seed'?",
    ("classes=[noise]",): "config, classes:",
    ("datasets={distances: [1, 5, 10]}",): "by --config",
    ("signal={f_min: 30}",): "by --config",
    ("noise=files",): "config, noise:",
}

MOMENTS = {
    (1249852257.0, "{}"): "the noise of this run is simulated",
    (1.0, "moment: {source: gwosc}"): "GPS -31 to 33, lies in no run",
    (5e9, "moment: {source: gwosc}"): "GPS 4999999968",
    (1249852257.0, "moment: {source: files, folder: docs}"): "no file holds strain of H1, L1, V1",
}

SCANS = {
    (1266281937, 1266282065, "{}"): "the noise of this run is simulated",
    (1, 100, "moment: {source: gwosc}"): "GPS 1 to 100, lies in no run that is fetched",
    # Between O3a and O3b, and in a gap of all detectors.
    (1255000000, 1255001000, "moment: {source: gwosc}"): "lies in no run that is fetched",
    (
        *(1238260700, 1238260900),
        "{moment: {source: gwosc}, detectors: [H1, L1], classifier: {parameters: null}}",
    ): "scan of GPS 1238260700 to 1238260900: no file holds strain of H1, L1 there",
    (1400000000, 1400000100, "moment: {source: gwosc}"): "tools/gwosc_tables.py segments O4b",
    (1249852257, 1249852300, "moment: {source: files, folder: docs}"): "no file holds strain of H1",
    (1249852257, 1249852258, "moment: {source: gwosc}"): "the end must lie at least 2 s after",
    (1249852257, 1249852000, "moment: {source: gwosc}"): "the end must lie at least 2 s after",
}


def by_hand() -> Iterator[Case]:
    """Configurations that somebody has written, or may write."""
    for group, texts in FILES.items():
        for text, says in texts.items():
            yield Case(f"config: {group}", text[:90], file_of(text), (says,))
    yield Case(
        "config: keys that occur twice",
        "JSON",
        file_of(json.dumps({"run": "a"})[:-1] + ', "run": "b"}', "my.json"),
        ("my.json:1: the key 'run' occurs twice",),
    )
    for pairs, says in ARGUMENTS.items():
        yield Case("config: --config", " ".join(pairs), argument_of(*pairs), (says,))
    for (gps, text), says in MOMENTS.items():
        yield Case("config: request for a moment", f"{gps} {text}", moment_of(gps, text), (says,))
    for request, says in SCANS.items():
        yield Case("config: request for a scan", str(request), scan_of(*request), (says,))


# --- from the schema -----------------------------------------------------------------------------


def leaves(rules: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple]:
    """Path and rules of each key that is no block of other keys, and of each block."""
    if "properties" in rules:
        if path:
            yield path, rules
        for name, inner in rules["properties"].items():
            yield from leaves(inner, (*path, name))
    else:
        yield path, rules


def bad_values(rules: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Kind and value of what must be refused for a key with these rules."""
    kinds = rules.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if "null" not in kinds and None not in rules.get("enum", ()):
        yield "null", None
    if "object" in kinds:
        yield from (("a list for a block", [1]), ("a number for a block", 1), ("text", "x"))
        if "properties" in rules:
            yield "unknown key", {"zzz": 1}
        return
    yield "a block for a value", {"a": 1}
    if "array" in kinds:
        yield from (("text for a list", "text"), ("a number for a list", 1))
        yield from (("a list of nulls", [None]), ("a list of blocks", [{}]))
        yield from (("nested lists", [[[[1]]]]), ("a list of nan", [math.nan]))
        if rules.get("minItems"):
            yield "empty list", []
        return
    yield "a list for a value", [1]
    if "number" in kinds or "integer" in kinds:
        yield from (("text for a number", "many"), ("bool for a number", True))
        yield from (("nan", math.nan), ("infinity", math.inf), ("minus infinity", -math.inf))
        yield from (("negative number", -1), ("huge number", 1e300))
        if "integer" in kinds:
            yield "fraction for a whole number", 1.5
        if rules.get("minimum", 0) > 0 or "exclusiveMinimum" in rules:
            yield "zero", 0
    elif "boolean" in kinds:
        yield from (("text for a bool", "maybe"), ("number for a bool", 1))
    elif "enum" in rules:
        yield from (("unknown word", "nonsense"), ("wrong type of word", 1.25))
    else:
        yield from (("a number for text", 1.5), ("bool for text", True))


def by_schema() -> Iterator[Case]:
    """Each key of the schema with values of each wrong kind; four detectors use each entry."""
    rules = shipped("workflow/schemas/config.schema.yaml")
    for path, own in leaves(rules):
        for kind, value in bad_values(own):

            def attempt(_folder, path=path, value=value):
                config = default() | {"detectors": ["H1", "L1", "V1", "K1"]}
                config["classifier"] |= {"parameters": None, "features": None}
                block = config
                for name in path[:-1]:
                    block = block.setdefault(name, {})
                block[path[-1]] = value
                start_up(config)

            key = ".".join(path)
            yield Case(f"schema: {kind}", f"{key}: {value}", attempt, (f"config, {key}",))
