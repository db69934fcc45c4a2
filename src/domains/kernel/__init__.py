"""The shared floor: facts, units of work, errors, ids and time. It knows no business and no other domain.

Decision: PostgreSQL rows are the work, jobs are wake-ups.
Context: a queue in Redis loses, doubles or forgets jobs under kills and restarts.
Consequence: a lost Redis costs time, never work; the same row is job, receipt and dead letter (`models.Delivery`).
"""
