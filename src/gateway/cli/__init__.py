"""The commands of the service, a module or folder for each group."""
