"""Rules of billing, pure: what an order has become, what it costs, what a change of plan is worth."""
