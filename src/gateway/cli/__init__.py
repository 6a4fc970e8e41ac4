"""Commands for people: one file or folder a verb family; starts the app."""
