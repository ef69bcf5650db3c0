"""One action on many customers: tried first, a verdict for each, undone as one (N6).

A kind of action is a file with a class (``tagging.Tagging``, ``owning.Owning``) that judges a
portion of customers and carries the judgement out; ``actions`` does the rest for all kinds alike.
"""
