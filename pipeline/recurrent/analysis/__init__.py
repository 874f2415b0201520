"""Analyse a recorded pass: its terms over (t, k), Jacobians, their products, norms and spectra."""
