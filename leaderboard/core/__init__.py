"""What every other package needs: time, and errors that a user can act on."""
