"""Pages: HTML made on the server, with a style sheet and a script of our own."""
