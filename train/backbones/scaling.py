"""How pixels of 0..255 are scaled inside the graph: what a backbone's published weights were trained with."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_MEANS = (0.485, 0.456, 0.406)
_DEVIATIONS = (0.229, 0.224, 0.225)
"""Of ImageNet's red, green and blue in 0..1, as torchvision and Keras's `mode="torch"` use them."""
_CAFFE_MEANS = (103.939, 116.779, 123.68)
"""Of ImageNet's blue, green and red in 0..255: Keras's `mode="caffe"` takes blue first.

All channels of a radiograph are alike, so the image's own order is left as it is.
"""


@dataclass(frozen=True)
class Scaling:
    """A pixel of 0..255 times a factor plus an offset, of each of three channels its own."""

    factors: tuple[float, ...]
    offsets: tuple[float, ...]

    def __call__(self, image: Any) -> Any:
        """Scale each channel by itself, or one gray channel by the mean of the three; `grayed` makes up for that."""
        import tf_keras as keras

        if self.alike or image.shape[-1] == 1:
            factor, offset = self._mean
            return keras.layers.Rescaling(factor, offset=offset, name="scale")(image)
        return keras.layers.Rescaling(list(self.factors), offset=list(self.offsets), name="scale")(image)

    @property
    def alike(self) -> bool:
        """Whether all channels are scaled alike."""
        return len(set(self.factors)) == len(set(self.offsets)) == 1

    @property
    def _mean(self) -> tuple[float, float]:
        return sum(self.factors) / 3, sum(self.offsets) / 3

    def grayed(self, kernel: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Make the kernel of a first convolution fit one gray channel.

        A gray pixel g reaches the kernel's channel c as f_c g + o_c, and here as f g + o, with the means f and o. So
        the kernel's channels are summed, each times f_c / f, and what the offsets differ by is a constant at every
        place: the sum over kernel and channels of w_c (o_c - o f_c / f). Exact but for the padded border, where each
        channel's zeros stand for another gray.

        Args:
            kernel: float32, shape (height, width, 3, filters).

        Returns:
            The kernel, shape (height, width, 1, filters), and the constant to add to what it gives, shape (filters,).
        """
        factor, offset = self._mean
        factors = np.array(self.factors) / factor
        offsets = np.array(self.offsets) - offset * factors
        summed = np.einsum("hwcf,c->hwf", kernel, factors)[:, :, np.newaxis]
        return summed.astype(np.float32), np.einsum("hwcf,c->f", kernel, offsets).astype(np.float32)


SYMMETRIC = Scaling((1 / 127.5,) * 3, (-1.0,) * 3)
"""To -1..1: MobileNets, and whatever starts from nothing."""
STANDARDIZED = Scaling(
    tuple(1 / (255 * deviation) for deviation in _DEVIATIONS),
    tuple(-mean / deviation for mean, deviation in zip(_MEANS, _DEVIATIONS, strict=True)),
)
"""To mean 0 and deviation 1 over ImageNet: DenseNets, and all that comes from PyTorch."""
CENTRED = Scaling((1.0,) * 3, tuple(-mean for mean in _CAFFE_MEANS))
"""To mean 0 over ImageNet, in steps of one gray level: Keras's ResNets."""
UNSCALED = Scaling((1.0,) * 3, (0.0,) * 3)
"""As it is: for backbones that scale by themselves (MobileNet V3)."""
