"""The clocks of orders: when they run out, who is told of it, and which process sees to it."""
