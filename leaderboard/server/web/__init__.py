"""HTTP: pages, interface for programs, limits. Nothing here can open the competition's folder or database."""
