"""Other people's file formats, read into drafts: bytes in, values out, no I/O."""
