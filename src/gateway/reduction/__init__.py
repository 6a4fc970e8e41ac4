"""How many fields do citizens no longer declare, counted so that an outsider can count again?"""
