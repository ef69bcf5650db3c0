"""The operations console of a game-companion studio, in the terminal."""

__version__ = "0.1.0"
