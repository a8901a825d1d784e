"""Rehearsing a game before anybody walks it: the best round there is, and synthetic teams scored by the rule book."""
