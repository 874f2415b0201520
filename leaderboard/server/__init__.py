"""The competition server: a backend that judges, and web processes that talk to the network and cannot see a label."""
