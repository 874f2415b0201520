"""What the pipeline costs on this machine: networks, augmentation, Lightning, inference; ratios within one run."""
