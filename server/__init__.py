"""Many nodes, many tenants: the server at headquarters and the edge server at a venue.

What it is: HTTP around `sync` and `client_core.game`, one SQLite file a tenant,
one writer, the pages and the command line.

What it is not: a second opinion. A score comes from the same fold as on the
phone, and an event is accepted by the same envelope check.
"""
