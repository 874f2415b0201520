"""CIFAR-10 images in, a submission CSV out: data, networks, training, prediction and two teaching modules."""
