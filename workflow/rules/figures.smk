# One rule per figure, all of one shape: a row of this table has the module of ccsncam.plots that
# draws the figure, what it shows, and its inputs and params. A new figure is a module with `draw`,
# a row here, and a caption in workflow/report/<rule>.rst.
EXAMPLES = f"<results>/saliency/seed-{SEEDS[0]}/examples.h5"
FIGURES = {
    "fig1": {
        "module": "spectra",
        "shows": "spectra of the waveforms",
        "input": {
            "waveforms": expand("<waveforms>/{model}.h5", model=MODELS),
            "noise": expand("<noise>/train-{detector}.h5", detector=config["detectors"]),
        },
        "params": {"classes": config["classes"]},
    },
    "fig2": {
        "module": "examples",
        "shows": "whitened spectrograms of each class",
        "input": {"examples": "<datasets>/examples.h5"},
    },
    "fig3": {
        "module": "losses",
        "shows": "loss curves",
        "input": {
            "histories": expand("<models>/seed-{seed}/history.csv", seed=SEEDS),
            "dataset": f"<datasets>/{VALIDATION}.h5",
        },
        "params": {"seeds": SEEDS},
    },
    "fig4": {
        "module": "rates",
        "shows": "true positive rate against distance",
        "input": {"tpr": "<results>/tables/tpr.csv"},
        "params": {"classes": config["classes"]},
    },
    "fig5": {
        "module": "matrices",
        "shows": "confusion matrices and network SNR",
        "input": {
            "confusion": "<results>/tables/confusion.csv",
            "datasets": [
                f"<datasets>/test-{distance:g}kpc.h5" for distance in config["figures"]["distances"]
            ],
        },
        "params": {
            "classes": config["classes"],
            "distances": config["figures"]["distances"],
        },
    },
    "fig6": {
        "module": "embedding",
        "shows": "features of a test set in two dimensions",
        "input": {
            "points": f"<results>/embedding/seed-{SEEDS[0]}/{EXPLAINED}.h5",
            "table": f"<results>/embedding/seed-{SEEDS[0]}/{EXPLAINED}.csv",
        },
        "params": {"classes": config["classes"]},
    },
    "fig7": {
        "module": "comparison",
        "shows": "three CAMs of one sample",
        "input": {"examples": EXAMPLES},
    },
    "fig8": {
        "module": "gallery",
        "shows": "Score-CAM of each class",
        "input": {"examples": EXAMPLES},
    },
    "fig9": {
        "module": "misclassified",
        "shows": "misclassified, with a glitch",
        "input": {"examples": EXAMPLES},
        "params": {"panel": "glitch"},
    },
    "fig10": {
        "module": "misclassified",
        "shows": "misclassified, without a glitch",
        "input": {"examples": EXAMPLES},
        "params": {"panel": "no_glitch"},
    },
    "fig11": {
        "module": "attribution",
        "shows": "how much each class relies on each mode",
        "input": {
            name: f"<results>/tables/{name}.csv" for name in ("attribution", "removal", "agreement")
        },
        "params": {
            "classes": config["classes"],
            "distance": config["saliency"]["distances"][0],
        },
    },
    "fig12": {
        "module": "faithfulness",
        "shows": "insertion, deletion and randomisation",
        "input": {
            "curves": "<results>/tables/curves.csv",
            "randomisation": "<results>/tables/randomisation.csv",
        },
        "params": {"title": f"signals at {config['saliency']['distance']:g} kpc"},
    },
    "loudest": {
        "module": "loudest",
        "shows": "loudest clusters of noise, as the network sees them",
        "input": {
            "background": f"<results>/background/seed-{SEEDS[0]}.h5",
            "noise": expand("<noise>/test-{detector}.h5", detector=config["detectors"]),
        },
        "params": {
            "clusters": BACKGROUND["loudest"],
            "signal": signal_settings("sample_rate"),
            "spectrogram": config["spectrogram"],
        },
    },
    "fig13": {
        "module": "alarms",
        "shows": "rate of false alarms against threshold",
        "input": {
            name: f"<results>/tables/{name}.csv"
            for name in ("background", "loudest", "operating_point")
        },
        "params": {"seed": SEEDS[0]},
    },
    "fig14": {
        "module": "efficiency",
        "shows": "signals found against distance",
        "input": {
            name: f"<results>/tables/{name}.csv"
            for name in ("efficiency", "reach", "operating_point")
        },
        "params": {"classes": config["classes"], "rate": config["detection"]["rate"]},
    },
    "fig15": {
        "module": "loudness",
        "shows": "signals found against SNR, and controls",
        "input": {
            name: f"<results>/tables/{name}.csv" for name in ("efficiency", "operating_point")
        },
        "params": {"rate": config["detection"]["rate"]},
    },
    "fig16": {
        "module": "reliability",
        "shows": "calibration and sets of classes",
        "input": {name: f"<results>/tables/{name}.csv" for name in CALIBRATION_TABLES},
        "params": {
            "seed": SEEDS[0],
            "validation": VALIDATION,
            "distances": config["figures"]["distances"][:3],
        },
    },
    "representations": {
        "module": "representations",
        "shows": "one signal in each representation",
        "input": {"examples": expand("<datasets>/examples/{kind}.h5", kind=KINDS)},
        "params": {"class_name": config["figures"]["comparison"]},
    },
    "unseen": {
        "module": "unseen",
        "shows": "waveforms that no network was trained on",
        "input": {
            "unseen": "<results>/tables/unseen.csv",
            "novelty": "<results>/tables/novelty.csv",
            "operating_point": "<results>/tables/operating_point.csv",
        },
        "params": {"rate": config["detection"]["rate"]},
    },
    "segments": {
        "module": "segments",
        "shows": "what is kept and lost of the GPS ranges",
        "input": {"table": "<results>/tables/segments.csv"},
        "params": {"ranges": config["noise"]["ranges"], "detectors": config["detectors"]},
    },
}

# Without unseen waveforms there is nothing to show of them; with a costly representation, of a search.
OF_SEARCHES = ["fig13", "fig14", "fig15", "loudest", "unseen"] if COSTLY else []
FIGURES_OF_ALL = [
    name for name in FIGURES if name not in OF_SEARCHES and (UNSEEN or name != "unseen")
]


for figure, row in FIGURES.items():

    rule:
        name:
            figure
        input:
            **row["input"],
        output:
            pdf=report(
                f"<results>/figures/{figure_file(figure)}.pdf",
                caption=caption_of(figure),
                category="Figures",
                subcategory=VARIANT_SHOWN,
                labels={"figure": figure.removeprefix("fig"), "what": row["shows"]},
            ),
            png=f"<results>/figures/{figure_file(figure)}.png",
        log:
            f"<logs>/{figure}/{figure}.log",
        benchmark:
            f"<benchmarks>/{figure}/{figure}.tsv"
        conda:
            "../../envs/figures.yaml"
        threads: 1
        resources:
            mem_mb=2000,
            runtime="10m",
        params:
            **row.get("params", {}),
            code=code_of("figure", f"ccsncam.plots.{row['module']}"),
            module=row["module"],
        message:
            f"Figure {figure.removeprefix('fig')}: {row['shows']}"
        script:
            "../scripts/figure.py"
