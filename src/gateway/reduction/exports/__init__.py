"""How do figures leave the house as files that other programs read?"""
