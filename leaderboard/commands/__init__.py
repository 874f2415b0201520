"""The commands, a module for each: they parse, call and print."""
