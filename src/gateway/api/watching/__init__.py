"""What those who watch can see: operators the running gateway, anybody the log and the figures."""
