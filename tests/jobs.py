"""Jobs as the scripts see them, for tests and benchmarks."""

from types import SimpleNamespace


class Params(dict):
    """Parameters of a job, by key and by attribute as Snakemake gives them."""

    __getattr__ = dict.__getitem__


def make_job(folder, rule, inputs, output, **params):
    """What a script sees of Snakemake."""
    return SimpleNamespace(
        rule=rule,
        log=[str(folder / f"{rule}.log")],
        input=Params(inputs),
        output=[str(output)],
        params=Params(params),
        config={"run": "tried"},
    )


def make_inputs(root, config, folder, names):
    """Waveforms of the classes and training noise of the detectors, made by the scripts."""
    import make_waveform
    import select_noise

    waveforms, noise = [], []
    table = str(root / "config/waveforms.tsv")
    for name in names:
        waveforms.append(folder / f"{name}.h5")
        params = {"table": table, "surrogates": [], "name": name, "signal": config["signal"]}
        job = make_job(folder, "make_waveform", {"files": []}, waveforms[-1], **params)
        make_waveform.main(job)
    for detector in config["detectors"]:
        noise.append(folder / f"train-{detector}.h5")
        blocks = {key: config[key] for key in ("noise", "whitening", "signal", "seed")}
        params = {"split": "train", "detector": detector, **blocks}
        job = make_job(folder, "select_noise", {"files": []}, noise[-1], **params)
        select_noise.main(job)
    return SimpleNamespace(waveforms=waveforms, noise=noise)
