"""`wayfold demo`: one recorded event, played again through devices, an edge and HQ as real processes.

The command is `server.demo.command.demo`; nothing here is imported before it is run.
"""
