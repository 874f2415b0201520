"""Identities between correlation and convolution, each with a mistake that must not satisfy it.

A check yields, for every case of its grid, ((left, right), (left, right by the mistake)).
"""

import itertools

import torch

from .checks import OPERATIONS
from .functional import conv_nd, flip
from .grid import Register, half_turn, layers, reverse_all, signals
from .signal import convolve, correlate

statement = Register()


@statement("(x * w)[n] = sum_m x[n - m] w[m]", "the sum of correlation")
def _convolution_defined(draw):
    for x, w in signals(draw):
        yield (convolve(x, w), _sum_of_shifts(x, w)), (convolve(x, w), _sum_of_shifts(x, reverse_all(w)))


@statement("(x ⋆ w)[n] = sum_m x[n + m] conj(w[m])", "conjugate forgotten")
def _correlation_defined(draw):
    for x, w in signals(draw, complex=True):
        # A tap moves the signal to the left by m: to the right by the rest, in an array that begins at lag -(k - 1).
        yield (
            (correlate(x, w), _sum_of_shifts(x, reverse_all(w).conj())),
            (correlate(x, w), _sum_of_shifts(x, reverse_all(w))),
        )


@statement("x ⋆ w = x * conj(flip(w))", "kernel not flipped")
def _correlation_by_convolution(draw):
    for x, w in signals(draw, complex=True):
        yield (correlate(x, w), convolve(x, reverse_all(w).conj())), (correlate(x, w), convolve(x, w.conj()))


def _sum_of_shifts(x, w):
    """The definition of full convolution, tap by tap: w[m] adds the signal shifted to the right by m."""
    total = x.new_zeros([n + k - 1 for n, k in zip(x.shape, w.shape, strict=True)])
    for tap in itertools.product(*map(range, w.shape)):
        total[tuple(slice(m, m + n) for m, n in zip(tap, x.shape, strict=True))] += w[tap] * x
    return total


@statement("layers: convolution(w) = cross-correlation(flip w)", "channels flipped too")
def _layer_flip_relation(draw):
    for x, w, options in layers(draw):
        result, mirrored = conv_nd(x, w, operation="convolution", **options), half_turn(w)
        channels_too = mirrored.flip(1) if w.shape[1] > 1 else mirrored.flip(0)
        yield (result, conv_nd(x, mirrored, **options)), (result, conv_nd(x, channels_too, **options))


@statement("flip is a half turn of the plane", "transpose for a turn")
def _halfturn(draw):
    for size in (2, 3, 4):
        x, w = draw(7, 6), draw(size, size)
        turned = torch.rot90(w, 2)
        yield (convolve(x, w), correlate(x, turned)), (convolve(x, w), correlate(x, w.T))


@statement("convolution commutes: x * w = w * x", "correlation does not")
def _commutes(draw):
    for x, w in signals(draw):
        yield (convolve(x, w), convolve(w, x)), (correlate(x, w), correlate(w, x))


@statement("convolution associates: (p * q) * r = p * (q * r)", "correlation does not")
def _associates(draw):
    for x, w in signals(draw):
        v = draw(*w.shape)
        right = (convolve(convolve(x, w), v), convolve(x, convolve(w, v)))
        yield right, (correlate(correlate(x, w), v), correlate(x, correlate(w, v)))


@statement("p ⋆ q = conj(flip(q ⋆ p))", "conjugate forgotten")
def _exchange(draw):
    for x, w in signals(draw, complex=True):
        other = reverse_all(correlate(w, x))
        yield (correlate(x, w), other.conj()), (correlate(x, w), other)


@statement("(p ⋆ q) ⋆ r = p ⋆ (q * r)", "q ⋆ r inside")
def _mixed(draw):
    for x, w in signals(draw):
        v = draw(*w.shape)
        left = correlate(correlate(x, w), v)
        yield (left, correlate(x, convolve(w, v))), (left, correlate(x, correlate(w, v)))


@statement("F(x * w) = F(x) F(w), full convolution", "conjugate spectrum")
def _fourier_convolution(draw):
    for x, w in signals(draw):
        size = [n + k - 1 for n, k in zip(x.shape, w.shape, strict=True)]
        X, W = torch.fft.fftn(x, s=size), torch.fft.fftn(w, s=size)
        yield (torch.fft.fftn(convolve(x, w)), X * W), (torch.fft.fftn(convolve(x, w)), X * W.conj())


@statement("F(x ⋆ w) = F(x) conj(F(w)) on a circle", "conjugate forgotten")
def _fourier_correlation(draw):
    for x, w in signals(draw):
        pads = [[(0, k - 1) for k in w.shape], "circular"]
        result = conv_nd(x[None, None], w[None, None], padding=pads[0], padding_mode=pads[1])[0, 0]
        X, W = torch.fft.fftn(x), torch.fft.fftn(w, s=x.shape)
        yield (torch.fft.fftn(result), X * W.conj()), (torch.fft.fftn(result), X * W)


@statement("a layer on one channel is correlate 'valid'", "convolve 'valid'")
def _layer_is_correlate(draw):
    for x, w in signals(draw):
        layer = conv_nd(x[None, None], w[None, None])[0, 0]
        yield (layer, correlate(x, w, "valid")), (layer, convolve(x, w, "valid"))


@statement("windows times kernel (unfold) = cross-correlation", "kernel flipped")
def _unfold(draw):
    for x, w, options in layers(draw):
        windows = conv_nd(x, w, method="unfold", **options)
        yield (windows, conv_nd(x, w, **options)), (windows, conv_nd(x, flip(w), **options))


@statement("FFT layer = direct layer", "kernel flipped")
def _fft_layer(draw):
    for x, w, options in layers(draw):
        spectral = conv_nd(x, w, method="fft", **options)
        yield (spectral, conv_nd(x, w, **options)), (spectral, conv_nd(x, flip(w), **options))


@statement("overlap-add = direct convolution", "overlaps not added")
def _overlap_add(draw):
    for k in (3, 4):
        x, w = draw(200), draw(k)
        expected = convolve(x, w, "full", "direct")
        cut = torch.cat([convolve(block, w, "full", "direct")[:50] for block in x.split(50)] + [expected[200:]])
        yield (convolve(x, w, "full", "overlap_add"), expected), (cut, expected)


@statement("turning image and kernel together turns the result", "kernel left as it was")
def _turn_together(draw):
    for x, w in signals(draw):
        for apply in (convolve, correlate):
            result = reverse_all(apply(x, w))
            yield (apply(reverse_all(x), reverse_all(w)), result), (apply(reverse_all(x), w), result)


@statement("symmetric kernel: both operators agree", "asymmetric kernel")
def _symmetric(draw):
    for x, w, options in layers(draw):
        even = w + half_turn(w)
        sides = [tuple(conv_nd(x, kernel, operation=o, **options) for o in OPERATIONS) for kernel in (even, w)]
        yield sides[0], sides[1]


@statement("'same', even kernel: lead is trail one place later", "the same anchor")
def _anchors(draw):
    for size in (2, 4):
        for operation in OPERATIONS:
            x, w = draw(1, 2, 9), draw(3, 2, size)
            lead, trail = (conv_nd(x, w, padding="same", anchor=a, operation=operation) for a in ("lead", "trail"))
            yield (lead[..., 1:], trail[..., :-1]), (lead[..., 1:], trail[..., 1:])


@statement("a network = the other's with every kernel flipped", "one kernel not flipped")
def _networks(draw):
    for x, w, options in layers(draw):
        v = draw(3, 6, *w.shape[2:])
        expected = conv_nd(conv_nd(x, w, **options).relu(), v, padding="full")
        kernels = [(half_turn(w), half_turn(v)), (half_turn(w), v)]
        right, wrong = (_two_convolutions(x, first, second, options) for first, second in kernels)
        yield (right, expected), (wrong, expected)


def _two_convolutions(x, first, second, options):
    hidden = conv_nd(x, first, operation="convolution", **options).relu()
    return conv_nd(hidden, second, padding="full", operation="convolution")
