"""Make the config of a run on real inputs from a folder of published waveforms and strain."""

from pathlib import Path
from typing import Any

import yaml

COLUMNS = [
    "name",
    "source",
    "format",
    "path",
    "pattern",
    "grid",
    "columns",
    "unit",
    "derivative",
    "sample_rate_hz",
    "distance_kpc",
    "sha256",
    "duration_s",
    "bounce_time_s",
    "url",
    "tracks",
    "reference",
    "licence",
]
# The dominant mode of low-mass FORNAX models; the 11-solar-mass model differs by about 15 %.
FORNAX = "g_mode=0.1:300,0.2:400,0.3:550,0.4:700,0.6:900,0.8:1200,1:1320~150"
ROWS = [
    {
        "name": "9a",
        "format": "views",
        "path": "waveforms/fornax3d/9a_strains_{view}.txt",
        "columns": "t=0 plus=1 cross=2",
        "unit": "cm",
        "sha256": "f2dc8b791e8c02ce2ab391d9d1acc7c5b62dcac4235ce2143aba308bbe6e9087",
        "tracks": FORNAX,
        "reference": "Vartanyan et al. 2023",
    },
    {
        "name": "9b",
        "format": "views",
        "path": "waveforms/fornax3d/9b_strains_{view}.txt",
        "columns": "t=0 plus=1 cross=2",
        "unit": "cm",
        "sha256": "a231b17b9fd43a1cbd0fe2da991a57adb83fc174d6e2a6e6cdb392c5805a20b4",
        "tracks": FORNAX,
        "reference": "Vartanyan et al. 2023",
    },
]


def table_of(data: str | Path, path: Path) -> Path:
    """Write the waveform table of the real data, and return its path."""
    lines = ["\t".join(COLUMNS)]
    text = (Path(__file__).parents[1] / "config/paper.tsv").read_text(encoding="utf-8")
    header, *rows = (line.split("\t") for line in text.splitlines() if not line.startswith("#"))
    (paper,) = (dict(zip(header, row, strict=True)) for row in rows if row[0] == "z85_sfhx")
    for row in (paper | {"path": "waveforms/z85_sfhx"}, *ROWS):
        full = {"source": "numerical", "bounce_time_s": "0"} | row
        full["path"] = str(Path(data).resolve() / row["path"])
        lines.append("\t".join(full.get(column, "-") for column in COLUMNS))
    Path(path).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def noise(data: str | Path) -> dict[str, Any]:
    """The block ``noise`` of a config that uses the 128 s of H1 strain."""
    start = 1266281937
    return {
        "source": "files",
        "segment_duration": 32,
        "ranges": {
            "train": [[start, start + 64]],
            "validation": [[start + 64, start + 96]],
            "test": [[start + 96, start + 128]],
        },
        "files": {"folder": str(Path(data).resolve() / "strain/o3b_h1")},
    }


def write(data: str | Path, folder: str | Path, sizes: dict[str, Any]) -> dict[str, Any]:
    """Write the waveform table and the config of a run on the real data; return the config."""
    table = table_of(data, Path(folder) / "numerical.tsv")
    config = {
        "run": "real",
        "detectors": ["H1"],
        "classes": ["noise", "z85_sfhx", "9a", "9b"],
        "waveforms": str(table),
        # Above this frequency the anti-alias filter of 4096-Hz strain removes the noise.
        "signal": {"f_max": 1600.0},
        "noise": noise(data),
        "datasets": {
            "distances": [0.1, 0.2, 0.5, 1, 2],
            **{f"{split}_per_class": size for split, size in sizes["per_class"].items()},
        },
        "classifier": {"parameters": 425884, "epochs": sizes["epochs"], "seeds": sizes["seeds"]},
        "saliency": {"distance": 0.1, "distances": [0.1, 0.5], **sizes["saliency"]},
        "figures": {"distances": [0.1, 0.5, 2], "comparison": "z85_sfhx"},
    }
    (Path(folder) / "my.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    return config


if __name__ == "__main__":
    import sys

    sizes = {
        "per_class": {"train": 2000, "validation": 500, "test": 500},
        "epochs": [20, 20, 20],
        "seeds": [0],
        "saliency": {"per_class": 100},
    }
    write(sys.argv[1], sys.argv[2], sizes)
