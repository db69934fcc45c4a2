"""SQL of gamification, one module a subject. Each function is one round trip unless it says otherwise."""
