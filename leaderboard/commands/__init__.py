"""The commands, a module for each group of them: each adds its parsers and holds what they run."""
