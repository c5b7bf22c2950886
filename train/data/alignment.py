"""Lay one small picture over another: how far, turned and stretched, and how alike they then are in their details."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import fft
from scipy.ndimage import gaussian_filter

Floats = NDArray[np.float32]
Matrix = NDArray[np.float64]

_STEPS = 6
_OUTSIDE = -1e6
"""Stands in a warped picture where the other one has no pixel; details are within ±10."""
_LEAST_OVERLAP = 0.5
_PROMISING = 0.55
"""Correlation after the shift alone below which nothing is gained by laying them over each other more finely."""


def details(pictures: NDArray[np.generic], sigma: float) -> Floats:
    """Take away brightness and contrast, which differ between two copies, and keep what is drawn.

    Chest radiographs are all alike in their broad shades, so those say nothing. Local mean and local deviation, over
    a Gaussian window, are taken out; the 4 grey levels keep noise in even areas (air, collimation) from being blown up.

    Args:
        pictures: Shape (N, H, W), in grey levels.
        sigma: Of the window, in pixels.

    Returns:
        float32, same shape, about -3..3.
    """
    window = (0, sigma, sigma)
    grey = pictures.astype(np.float32)
    fine = grey - gaussian_filter(grey, window)
    return np.asarray(fine / (np.sqrt(gaussian_filter(fine * fine, window)) + 4), np.float32)


def halved(pictures: NDArray[np.generic]) -> Floats:
    """Halve both sides by averaging 2×2 pixels; shape (N, H, W) to (N, H/2, W/2)."""
    quarters = [pictures[:, down::2, right::2].astype(np.float32) for down in (0, 1) for right in (0, 1)]
    return np.asarray(sum(quarters[1:], quarters[0]) / np.float32(4), np.float32)


def likeness(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """Say how alike two pictures are once one is laid over the other.

    The shift comes from the correlation of their details, then Gauss-Newton refines it to an affine map (shift, crop,
    stretch, small turn), and the details are correlated again at full size where both have pixels.

    Args:
        one: uint8, shape (S, S).
        other: Likewise.

    Returns:
        Correlation, -1..1; that of a negative print counts as that of the print.
    """
    small = halved(np.stack([one, other]))
    fixed, moving = details(small, 2)
    shift, correlation = _shift(fixed, moving)
    if abs(correlation) < _PROMISING:
        return abs(correlation)
    sign = -1 if correlation < 0 else 1
    begin = np.array([[1, 0, shift[0]], [0, 1, shift[1]], [0, 0, 1]], np.float64)
    affine = _refine(fixed, sign * moving, begin)
    fixed, moving = details(np.stack([one, other]), 1.5)
    moved = _warp(moving, affine)
    shared = moved > _OUTSIDE / 2
    if shared.mean() < _LEAST_OVERLAP:
        return 0.0
    first, second = fixed[shared] - fixed[shared].mean(), moved[shared] - moved[shared].mean()
    return float(abs(first @ second) / np.sqrt((first @ first) * (second @ second) + 1e-9))


def _shift(fixed: Floats, moving: Floats) -> tuple[tuple[float, float], float]:
    """Find the shift in half-widths, right and down, and how well the details correlate after it, -1..1."""
    side = fixed.shape[0]
    window = np.outer(np.hanning(side), np.hanning(side))
    one, other = ((picture - picture.mean()) * window for picture in (fixed, moving))
    product = fft.rfft2(other) * np.conj(fft.rfft2(one))
    correlation = fft.irfft2(product, s=(side, side)) / (np.linalg.norm(one) * np.linalg.norm(other) + 1e-9)
    best = int(np.abs(correlation).argmax())
    down, right = (((at + side // 2) % side - side // 2) / (side / 2) for at in divmod(best, side))
    return (right, down), float(correlation.flat[best])


def _refine(fixed: Floats, moving: Floats, affine: Matrix) -> Matrix:
    """Gauss-Newton on the affine map, by inverse composition (Baker & Matthews 2004, section 3.2): one warp a step.

    Args:
        fixed: Shape (S, S).
        moving: Likewise; its contrast is matched to that of `fixed` at every step.
        affine: Where to begin; 3×3, coordinates from -1 to 1.
    """
    side = fixed.shape[0]
    centred = (np.arange(side) + 0.5) / (side / 2) - 1
    y, x = np.meshgrid(centred, centred, indexing="ij")
    dy, dx = (slope * (side / 2) for slope in np.gradient(fixed))
    steepest = np.stack([dx * x, dx * y, dx, dy * x, dy * y, dy], axis=-1)
    for _ in range(_STEPS):
        moved = _warp(moving, affine)
        shared = moved > _OUTSIDE / 2
        if shared.mean() < _LEAST_OVERLAP:
            break
        there, here, slopes = moved[shared], fixed[shared], steepest[shared]
        there = (there - there.mean()) * (here.std() / (there.std() + 1e-6)) + here.mean()
        normal = slopes.T @ slopes + 1e-3 * np.eye(6)  # so that an even picture has a solution, too
        step = np.linalg.solve(normal, slopes.T @ (there - here))
        change = np.eye(3)
        change[:2] += step.reshape(2, 3)
        affine = affine @ np.linalg.inv(change)
        if np.abs(step).max() < 2e-3:
            break
    return affine


def _warp(picture: NDArray[np.generic], affine: Matrix) -> Floats:
    """Fetch each pixel from where the affine map points to; coordinates run from -1 to 1 over the picture."""
    half = picture.shape[0] / 2
    (a, b, c), (d, e, f) = affine[:2]
    pixels = (a, b, half * (c + 1 - a - b), d, e, half * (f + 1 - d - e))
    image = Image.fromarray(np.ascontiguousarray(picture, np.float32))
    warped = image.transform(image.size, Image.Transform.AFFINE, pixels, Image.Resampling.BILINEAR, fillcolor=_OUTSIDE)
    return np.asarray(warped, np.float32)
