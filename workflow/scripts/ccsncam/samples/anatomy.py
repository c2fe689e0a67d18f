"""Take samples apart: which part of an image is noise, which is signal, and which mode made it."""

from dataclasses import dataclass, replace

import numpy as np
import scipy.fft

from ccsncam.aliases import PathLike, Progress, silent
from ccsncam.samples import beside, coherence, injection, spectrogram
from ccsncam.samples.dataset import DRAWN, DataSet
from ccsncam.samples.parts import Parts
from ccsncam.samples.synthesis import Drawn, Inputs, noise_windows, whitened_signal
from ccsncam.waveforms.model import Waveform

# What `anatomy` needs to know about samples.
_NEEDED = (*DRAWN, "noise_piece", "noise_offset", "distance_kpc")
# A sample counts as built again if it differs from the stored image by no more than this.
_TOLERANCE = 1e-3


def take_apart(
    path: PathLike,
    inputs: Inputs,
    source: PathLike,
    per_class: int,
    progress: Progress = silent,
) -> None:
    """Take the first samples of each signal class apart into noise, signal and modes.

    Parameters
    ----------
    path : path
        The HDF5 file to write; `ccsncam.samples.parts.Parts` reads it.
    inputs : Inputs
        Those from which the data set was made.
    source : path
        The data set.
    per_class : int
        Samples per class; a class with fewer samples gives all that it has.
    progress : callable, optional
        Wraps the waveforms, such as `joblog.progress`.

    Raises
    ------
    ValueError
        If the data set was made from other inputs.
    """
    data = DataSet.open(source)
    modes = list(dict.fromkeys(mode for model in inputs.waveforms for mode in model.modes))
    labels = data.column("label")
    rows = np.concatenate(
        [np.flatnonzero(labels == k)[:per_class] for k in range(1, len(inputs.classes))]
    )
    which = data.column("waveform")[rows]
    models = list(enumerate(inputs.waveforms))
    with (
        Parts.create(
            path, rows, data.image_shape, modes, data.attributes(), data.input_shape
        ) as writer,
        scipy.fft.set_workers(1),
    ):
        for number, model in progress(models, label="waveforms", unit="waveforms"):
            places = np.flatnonzero(which == number)
            if not len(places):
                continue
            own = rows[places]
            found = anatomy(inputs, model, data.columns(_NEEDED, own))
            again = found.whole["image"][..., : data.image_shape[-1]]
            if np.abs(again - data.column("spectrogram", own)).max() > _TOLERANCE:
                raise ValueError(
                    f"{source}: its samples of {model.name} were not made from these waveforms and "
                    "this noise: give those from which the data set was made"
                )
            writer.write(places, found.whole)
            for mode, values in found.modes.items():
                writer.write_mode(places, mode, values)


@dataclass(frozen=True, eq=False)
class Anatomy:
    """Images and powers (n, frequency, time, detector) of samples and of their parts.

    Attributes
    ----------
    whole : dict of numpy.ndarray
        ``image`` of the samples, and the arrays ``noise``, ``silent`` and ``signal_power`` of
        `Parts`.
    modes : dict of dict of numpy.ndarray
        For each mode the arrays ``mode_power``, ``without`` and ``without_fixed`` of `Parts`.
    """

    whole: dict[str, np.ndarray]
    modes: dict[str, dict[str, np.ndarray]]


def anatomy(inputs: Inputs, model: Waveform, table: Drawn) -> Anatomy:
    """Build samples of one waveform again, whole and in parts.

    Parameters
    ----------
    inputs : Inputs
    model : Waveform
    table : dict
        What was drawn for the samples, and their ``distance_kpc``.
    """
    block, rate = inputs.sampling.spectrogram, inputs.rate
    far = table["distance_kpc"][:, None, None].astype(np.float32)

    def power(strain: np.ndarray) -> np.ndarray:
        squared = inputs.magnitude(strain, replace(block, scale="power"), rate)
        return np.moveaxis(squared, 1, -1)

    def picture(
        strain: np.ndarray, bounds: tuple[np.ndarray, np.ndarray] | None = None
    ) -> np.ndarray:
        image = inputs.magnitude(strain, block, rate)
        image = np.moveaxis(spectrogram.normalise(image, block, bounds), 1, -1)
        return beside.join(image, coherence.of_strain(strain, block, rate))

    noise = noise_windows(inputs, table)
    signal = whitened_signal(inputs, injection.spectra(model), table)[0] / far
    whole = noise + signal
    bounds = spectrogram.limits(inputs.magnitude(whole, block, rate), block)
    parts = {
        "image": picture(whole),
        "noise": picture(noise, bounds),
        "silent": picture(noise),
        "signal_power": power(signal),
    }
    modes = {}
    for name, quadrupole in model.modes.items():
        part = replace(model, quadrupole=quadrupole, modes={})
        alone = whitened_signal(inputs, injection.spectra(part), table)[0] / far
        modes[name] = {
            "mode_power": power(alone),
            "without": picture(whole - alone),
            "without_fixed": picture(whole - alone, bounds),
        }
    return Anatomy(parts, modes)
