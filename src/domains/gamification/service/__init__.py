"""Commands of gamification: rewards (PostgreSQL), boards (their view in Redis), ledger (checks that both agree)."""
