"""What a procedure system calls around one citizen: sign in, choose a form, fill it, submit it."""
