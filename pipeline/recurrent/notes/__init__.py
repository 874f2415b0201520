"""The course notes' exercises on recurrent gradients with numbers, and every slip in them with its correction."""
