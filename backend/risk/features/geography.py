"""Distances and the shape of honest flows between prefectures. Pure."""

import numpy as np

from backend.risk.features.evidence import Floats
from backend.risk.rules import Dataset

EARTH_KM = 6371.0
NEAREST_KM = 30.0
"""Centroids of neighbouring prefectures are never nearer in travel than this."""


def distances_km(dataset: Dataset) -> Floats:
    """[place, place] great-circle distances (haversine), at least `NEAREST_KM`."""
    lat = np.radians(np.array([p.lat for p in dataset.places]))
    lon = np.radians(np.array([p.lon for p in dataset.places]))
    half = (
        np.sin((lat[:, None] - lat[None, :]) / 2) ** 2
        + np.cos(lat[:, None]) * np.cos(lat[None, :]) * np.sin((lon[:, None] - lon[None, :]) / 2) ** 2
    )
    return np.asarray(np.maximum(2 * EARTH_KM * np.arcsin(np.sqrt(np.clip(half, 0, 1))), NEAREST_KM))


def same_province(dataset: Dataset) -> Floats:
    """[place, place] 1 where both lie in one province."""
    province = np.array([p.province for p in dataset.places])
    return np.asarray(province[:, None] == province[None, :], dtype=np.float64)


def homes(dataset: Dataset, place_at: dict[str, int]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """[dealer] index of the home prefecture (0 when the home is not among the places)."""
    return np.array([place_at.get(d.home, 0) for d in dataset.dealers], dtype=np.int64)
