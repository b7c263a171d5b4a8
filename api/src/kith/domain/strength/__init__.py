"""How strong the tie of two people is: the chance that they will be in touch within the next 90 days, explained.

``contact`` holds the rows, ``tally`` sums them per pair, ``features`` names the parts, ``model`` weighs them;
``windows`` look at the past of a network, ``lessons`` say what it teaches, ``calibration`` which of it to believe;
``words`` and ``direction`` describe; ``explanation`` takes one strength apart.

Many pairs: ``strength(model, tally(contacts, activity, now))``. One pair: ``explain(model, Evidence(...), now)``; its
numbers are the same to the last bit.
"""
