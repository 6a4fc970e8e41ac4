"""Commands for those who keep the log, its keys and the case bodies behind it."""
