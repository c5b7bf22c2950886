"""Training itself: what is fed, how the weights move, and when it ends."""
