"""Names of a detector's controls and tables; Snakemake imports this module when it starts."""

# Words of the tables: the statistic of the network, all signal classes, signals that are missed.
NETWORK, ALL, MISSED = "network", "all", "not found"
# How a signal counts as found.
LOUDEST, SINGLE, ARGMAX = "loudest window", "single window", "argmax"
# Splits: thresholds come from the first, quotations from the second.
SET, QUOTED = "validation", "test"
# Variants of calibration.
RAW, SCALED = "as trained", "temperature"

# Each control, and what it is called in figures and tables.
NAMES = {
    "pixels": "excess power, cells",
    "box": "excess power, box",
    "pixels-second": "excess power, cells, second-loudest detector",
    "pixels-common": "excess power, cells loud in two detectors",
    "box-common": "excess power, box loud in two detectors",
}
# Controls that do not compare detectors.
ALONE = ("pixels", "box")


def names(detectors: int) -> list[str]:
    """Controls that there are for so many detectors: with one, no second can confirm it."""
    return [name for name in NAMES if detectors > 1 or name in ALONE]
