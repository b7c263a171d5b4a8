"""How strong the tie of two people is: the chance that they will be in touch within the next 90 days, explained."""
