"""The labels, the public/private split, the metrics and the comparison of entries. Participants never see these."""
