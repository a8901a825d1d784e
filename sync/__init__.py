"""Replication: signed event streams that any two nodes can bring to agreement.

What it is: the words on the wire, the rules that accept or refuse them, and
the session two nodes hold, written as plain functions and generators over
frozen values.

What it is not: it opens no file and no socket, reads no clock, rolls no dice,
holds no key, and knows nothing of games. Whoever runs it answers its effects
(`sync.effects`) and gives it an event log (`sync.log`).

What always holds: a log only grows; merging logs is commutative, associative
and idempotent; what one node stores, every node stores.
"""
