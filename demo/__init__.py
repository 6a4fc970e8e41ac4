"""The demo: one day at a one-stop desk, played on this machine against the mocks."""
