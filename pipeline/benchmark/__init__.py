"""What the pipeline costs on this machine: networks, augmentation, Lightning, prediction; ratios within one run."""
