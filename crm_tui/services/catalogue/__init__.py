"""What is sold and by whom: games with their ladders, companion levels, kinds of order."""
