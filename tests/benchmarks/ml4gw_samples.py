"""Samples by ml4gw. It wants a PyTorch of its own, so it runs in an environment of its own.

python ml4gw_samples.py IN.npz OUT.npz SAMPLES BATCH

IN holds the components of each waveform (model, 5, time) in a buffer of 2 s, the matrices from
components to polarisations (BATCH, 2, 5), the angles, the SNR and the place of bounce of each
sample of a batch, whitened noise (detector, time), its PSD (detector, frequency), and the numbers
of the configuration. OUT gets the processor's seconds for SAMPLES samples of each class, one class
of noise included, without start-up. One thread; antenna, delay, whitening and SNR are ml4gw's, the
spectrogram is torchaudio's. Nothing is written to disk.
"""

import sys
import time

import numpy as np
import torch
from ml4gw.gw import compute_network_snr, compute_observed_strain, get_ifo_geometry
from ml4gw.transforms import FixedWhiten
from torchaudio.transforms import Spectrogram

torch.set_num_threads(1)


def main(source, out, samples, batch):
    given = dict(np.load(source))
    rate, window, hop, keep = (int(given[name]) for name in ("rate", "window", "hop", "keep"))
    band = tuple(float(given[name]) for name in ("f_min", "f_max"))
    detectors = given.pop("detectors").tolist()
    ours = {name: torch.from_numpy(value.astype(np.float32)) for name, value in given.items()}
    tensors, vertices = (part.float() for part in get_ifo_geometry(*detectors))
    whiten = FixedWhiten(len(detectors), 2, rate, dtype=torch.float32)
    whiten.fit(1.0, *ours["psd"], highpass=band[0])
    spectrogram = Spectrogram(window, hop_length=hop, power=1, center=False)
    # Bounce lies at its time in each sample, to the nearest sample of the rate.
    shift = (torch.arange(2 * rate) - ours["late"].long()[:, None]) % (2 * rate)
    shift = shift[:, None].expand(-1, 2, -1)
    random = np.random.default_rng(0)

    def images(components):
        starts = random.integers(0, ours["noise"].shape[1] - rate, (batch, len(detectors)))
        data = torch.empty(batch, len(detectors), rate)
        for number, row in enumerate(starts):
            for d, first in enumerate(row):
                data[number, d] = ours["noise"][d, first : first + rate]
        if components is not None:
            polarisations = torch.gather(ours["weights"] @ components, 2, shift)
            strain = compute_observed_strain(
                ours["dec"],
                ours["psi"],
                ours["ra"],
                tensors,
                vertices,
                rate,
                plus=polarisations[:, 0],
                cross=polarisations[:, 1],
            )
            snr = compute_network_snr(strain, ours["psd"], rate, *band)
            data += whiten(strain) * (ours["snr"] / snr)[:, None, None]
        image = spectrogram(data)[..., :keep, :]
        low, high = image.amin((-2, -1), keepdim=True), image.amax((-2, -1), keepdim=True)
        return ((image - low) / (high - low)).permute(0, 2, 3, 1).contiguous()

    models = [None, *ours["components"]]
    with torch.inference_mode():
        for components in models[:2]:
            images(components)
        began = time.process_time()
        for components in models:
            for _ in range(samples // batch):
                made = images(components)
        taken = time.process_time() - began
    if not bool(torch.isfinite(made).all()):
        sys.exit("ml4gw: an image is not finite")
    np.savez(out, seconds=taken, count=len(models) * (samples // batch) * batch, image=made)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
