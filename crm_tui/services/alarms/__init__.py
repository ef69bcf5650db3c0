"""Alarms: what somebody is told of once, because a clock ran out or a sign of trouble was seen."""
