"""Parts of an HDF5 file that somebody else wrote, looked at before they are read.

HDF5 can be told to read other files of this machine, to allocate any amount of memory, and to
unpack a few bytes into many. A part is read only where none of this can happen.
"""

import zlib

import h5py
import numpy as np

# What h5py raises when it opens or reads a file of any content.
FAULTS = (
    *(OSError, KeyError, AttributeError, TypeError, RuntimeError, ValueError),
    *(IndexError, OverflowError, MemoryError, zlib.error),
)
# Filters of HDF5 that need no plugin: gzip, shuffle, and the checksum of Fletcher.
_FILTERS = {h5py.h5z.FILTER_DEFLATE, h5py.h5z.FILTER_SHUFFLE, h5py.h5z.FILTER_FLETCHER32}
# Largest chunk, which is in memory at a time [bytes]; gzip packs a byte into 1/1032 at best.
_LARGEST_CHUNK = 1 << 27
_GZIP = 1032
# Largest text and most texts.
_LONGEST_TEXT, _MOST_TEXTS = 256, 64


def data_set(file: h5py.File, name: str, kinds: str, most: int) -> h5py.Dataset:
    """Find a data set that can be read without harm.

    Parameters
    ----------
    file : h5py.File
    name : str
        Path inside the file.
    kinds : str
        Kinds of numbers that it may have, such as ``iu`` (`numpy.dtype.kind`).
    most : int
        Largest number of values.

    Returns
    -------
    h5py.Dataset

    Raises
    ------
    ValueError
        What is wrong, in one line without the path of the file.
    """
    group = file
    for part in name.split("/"):
        link = group.get(part, getlink=True) if isinstance(group, h5py.Group) else None
        if link is None:
            raise ValueError(f"has no {name}")
        if not isinstance(link, h5py.HardLink):
            raise ValueError(f"{name} is only a link to another place")
        group = group[part]
    if not isinstance(group, h5py.Dataset):
        raise ValueError(f"{name} is not a data set")
    safe(group, name, kinds, most)
    if group.chunks is not None:
        _check_chunks(group, name)
    return group


def safe(data: h5py.Dataset, name: str, kinds: str, most: int) -> None:
    """Check kind, size and storage of a data set; parameters and errors are those of `data_set`."""
    if data.shape is None or data.dtype.kind not in kinds or data.dtype.itemsize > _LONGEST_TEXT:
        raise ValueError(f"{name} holds {data.dtype}, which is of the wrong kind")
    if data.size > most:
        raise ValueError(f"{name} has shape {data.shape}, which is too large")
    plan = data.id.get_create_plist()
    if data.is_virtual or plan.get_external_count():
        raise ValueError(f"{name} keeps its values in other files")


def _check_chunks(data: h5py.Dataset, name: str) -> None:
    """Check that chunks do not become larger than they say when they are unpacked."""
    plan = data.id.get_create_plist()
    filters = {plan.get_filter(k)[0] for k in range(plan.get_nfilters())}
    if not filters <= _FILTERS:
        raise ValueError(f"{name} is packed by other filters than gzip")
    assert data.chunks is not None
    size = int(np.prod(data.chunks, dtype=float)) * data.dtype.itemsize
    if size > _LARGEST_CHUNK:
        raise ValueError(f"{name} has chunks of {size / 1e6:.0f} MB")
    if h5py.h5z.FILTER_DEFLATE not in filters:
        return
    large: list[tuple[int, ...]] = []

    def look(chunk: h5py.h5d.StoreInfo) -> None:
        if chunk.size * _GZIP > _LARGEST_CHUNK:
            large.append(chunk.chunk_offset)

    data.id.chunk_iter(look)
    for offset in large:
        _, packed = data.id.read_direct_chunk(offset)
        unpacked = zlib.decompressobj().decompress(packed, size + 16)
        if len(unpacked) > size + 4:
            raise ValueError(f"{name} has a chunk that unpacks to more than it says")


def number(file: h5py.File, name: str) -> float:
    """Read one real number of a file; errors as `data_set`."""
    data = data_set(file, name, "iuf", 1)
    if data.shape != ():
        raise ValueError(f"{name} has shape {data.shape}, not one number")
    return float(data[()])


def text(file: h5py.File, name: str) -> str:
    """Read one text of a file; errors as `data_set`."""
    data = data_set(file, name, "SO", 1)
    if data.shape != ():
        raise ValueError(f"{name} has shape {data.shape}, not one text")
    return _text(data[()], name)


def texts(file: h5py.File, name: str) -> list[str]:
    """Read a list of texts of a file; errors as `data_set`."""
    data = data_set(file, name, "SO", _MOST_TEXTS)
    if data.ndim != 1:
        raise ValueError(f"{name} has shape {data.shape}, not a list of texts")
    return [_text(one, name) for one in data[()]]


def _text(value: object, name: str) -> str:
    """Decode a text; HDF5 also knows objects that are none, such as references."""
    if not isinstance(value, bytes) or len(value) > _LONGEST_TEXT:
        raise ValueError(f"{name} is not a short text")
    found = value.decode()
    if not found.isprintable():
        raise ValueError(f"{name} is not a plain text")
    return found
