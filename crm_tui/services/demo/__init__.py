"""A believable studio of any size from a seed, and somebody who plays its other consoles."""
