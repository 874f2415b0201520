"""A term played through with the real commands, so that a tutor sees it before it begins."""
