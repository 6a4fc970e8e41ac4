"""Commands for those who keep the forms."""
