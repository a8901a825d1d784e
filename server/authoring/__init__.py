"""From what organisers write (a folder with `game.toml` and tables) to a draft that can be published."""
