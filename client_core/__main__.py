"""`python -m client_core`: a device without a screen."""

from client_core.cli import main

raise SystemExit(main())
