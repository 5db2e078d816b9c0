"""Whether a change may be merged: what it does to each stack, for whoever reviews it."""
