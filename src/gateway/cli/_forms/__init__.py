"""The commands below `gateway forms`: check, import, review and suggest bindings."""
