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


def simulated_of(block, split, detector):
    """Parameter ``noise`` of the rule select_noise for simulated noise."""
    own = {key: block["simulated"][key] for key in ("lines", "glitch_kinds", "glitch_snr")}
    own |= {key: block["simulated"][key][detector] for key in ("psd", "glitches")}
    return {
        "source": "simulated",
        "segment_duration": block["segment_duration"],
        "ranges": block["ranges"][split],
        "simulated": {"live_time": block["simulated"]["live_time"][split][detector], **own},
    }


def make_inputs(root, config, folder, names):
    """Waveforms of the classes and training noise of the detectors, made by the scripts."""
    import make_waveform
    import select_noise

    waveforms, noise = [], []
    table = str(root / "config/waveforms.tsv")
    for name in names:
        waveforms.append(folder / f"{name}.h5")
        params = {"table": table, "surrogates": [], "names": [name], "signal": config["signal"]}
        job = make_job(folder, "make_waveform", {"files": []}, waveforms[-1], **params)
        make_waveform.main(job)
    for detector in config["detectors"]:
        noise.append(folder / f"train-{detector}.h5")
        blocks = {key: config[key] for key in ("whitening", "signal", "seed")}
        blocks["noise"] = [simulated_of(config["noise"], "train", detector)]
        params = {"split": "train", "detectors": [detector], **blocks}
        job = make_job(folder, "select_noise", {"files": []}, noise[-1], **params)
        select_noise.main(job)
    return SimpleNamespace(waveforms=waveforms, noise=noise)
