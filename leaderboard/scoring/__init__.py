"""The labels, the split, the metrics and the comparison of two entries. Participants never see what is here."""
