"""What every room needs: time, and errors that a user can act on."""
