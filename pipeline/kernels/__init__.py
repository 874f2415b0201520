"""Ways of computing a 3x3 convolution in training on a CPU, and the choice among them by measurement."""
