"""What a procedure system calls around one dossier, in plain shape and in iGate's."""
