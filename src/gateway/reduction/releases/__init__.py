"""What is published of a month, so that nobody in it is seen and anybody can count it again?"""
