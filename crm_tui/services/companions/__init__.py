"""Companions (陪玩师): the roster, their presence, levels, skills and load."""
