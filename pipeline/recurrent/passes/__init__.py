"""Run a recurrent module and record the pass: its weights, its trajectory and the adjoint of every step."""
