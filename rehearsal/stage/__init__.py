"""Where the play takes place: the provider's only way out leads to the played cloud, and the stack
that is played is a copy, with a state of its own."""
