"""Noise of the detectors: simulated, or cut from files of strain, and the noise files of a run."""
