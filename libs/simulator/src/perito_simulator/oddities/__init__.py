"""What is unusual in books and honest: rules that tell it raise a false alarm.

Some oddities are made (an unusually large purchase, a shop that closes for weeks), others are what honest books have
anyway (a delivery in parts, a voided line) and are only pointed at.
"""
