"""The one file of a node: what it played, what it knows, where things are.

What it is: an SQLite database in the SpatiaLite form, written with the
standard library alone. `database` opens it, `checkpoints` answers where,
`event_log` keeps the log of every game, `geometry_blob` and
`spatial_functions` speak SpatiaLite with or without its extension.

What it is not: it judges nothing, signs nothing and talks to nobody.

What always holds: what a call has returned from is on the disk; a transaction
is whole or absent; the file never needs an extension to be written or read.
"""
