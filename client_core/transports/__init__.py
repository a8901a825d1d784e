"""Ways to other nodes: HTTP and files.

A transport carries the bytes of one exchange there and back; it understands
none of them. It is handed to `Replica.sync_once`, which closes it afterwards.
"""
