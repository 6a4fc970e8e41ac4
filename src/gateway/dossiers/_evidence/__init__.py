"""What the log and the records say of one dossier: whose case it is, what was reused, what is doubted."""
