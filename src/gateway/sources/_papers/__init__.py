"""Read facts out of digitised papers, wherever they are kept."""
