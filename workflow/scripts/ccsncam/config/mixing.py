"""The block ``classifier.mixing``: training on samples that are mixed anew for each epoch."""

from dataclasses import dataclass

from ccsncam.config.blocks import Block


@dataclass(frozen=True)
class Mixing(Block):
    """What a training takes that draws noise and loudness anew for each epoch.

    ``anew`` says whether it does; without it, the images of the data sets are taken, and the other
    keys have no effect. ``noise`` is the share of samples that are noise alone, and ``glitches``
    the share of samples with a glitch in one detector. Before the last stage is over, ``rounds``
    times, ``scored`` windows of noise are judged by the network. The loudest hundredth of them is
    kept, and ``hard_negatives`` is the share of the samples of noise that repeat one of these.
    ``mode_dropout`` is the share of the signals in which a mode is left out.
    """

    anew: bool = False
    noise: float = 0.1
    glitches: float = 0.0
    hard_negatives: float = 0.0
    scored: int = 20000
    rounds: int = 2
    mode_dropout: float = 0.0
