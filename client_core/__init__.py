"""One node that plays: the rule book (`game`), its file (`store`), its ways to others (`transports`)."""
