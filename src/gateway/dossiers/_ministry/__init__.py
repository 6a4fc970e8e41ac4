"""How a dossier is handed to a ministry's own adapter (2026): six calls, codes and dates of its own."""
