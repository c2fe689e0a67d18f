"""Waveform → data set → classifier → explanation: the library behind the workflow's scripts."""
