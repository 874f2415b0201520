"""Several algorithms for a 3x3 convolution in training on a CPU, and the choice of the fastest by measurement."""
