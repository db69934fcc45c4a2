"""What a text may speak of, by kind: one example of each, which is also what a preview shows.

Names in params say what is in them: `*_on` is a date of the person's own calendar in ISO form, `""` where there is
none; `*_minor` is an amount in minor units beside `currency`; a name that is not known is `""`, and the text has words
for that. Nothing here is worded: words and the form of dates and amounts belong to the locale."""

EXAMPLES: dict[str, dict[str, object]] = {
    "welcome": {"name": "Ada"},
    "verify_address": {},
    "password_reset": {},
    "security_notice": {"what": "password_changed"},
    "export_ready": {},
    # `answer` is plain text with blank lines between paragraphs.
    "contact_answered": {"number": "L-7F3K9Q2", "subject": "A question", "answer": "Thank you for asking.\n\nIt is."},
    "course_purchased": {"course": "Spanish for beginners", "amount_minor": 1999, "currency": "EUR"},
    "invoice_issued": {"number": "R-2026-000017", "product": "Spanish for beginners"},
    "payment_refunded": {"amount_minor": 1999, "currency": "EUR", "product": "Spanish for beginners"},
    # `step` counts reminders; 0 is the failure itself, 4 the last reminder, a day before the end.
    "payment_failed": {"plan": "Lyceum Plus", "step": 0},
    # `change`: began, trial_began, renewed, recovered, paused, resumed, plan_changed, cancel_scheduled,
    # cancel_withdrawn or cancelled. `ends_on`: the last paid day; `renews`: it goes on then.
    "subscription_changed": {"change": "began", "plan": "Lyceum Plus", "ends_on": "2026-12-01", "renews": True},
    # `reminder`: trial_ends or period_ends.
    "subscription_ends": {"reminder": "trial_ends", "plan": "Lyceum Plus", "ends_on": "2026-12-01"},
    "trial_refused": {"plan": "Lyceum Plus"},
    # `source`: gift, seat or grant.
    "course_access_granted": {"source": "gift", "course": "Spanish for beginners", "ends_on": "2026-12-01"},
    "lesson_completed": {"xp": 15, "streak_days": 3},
    "course_completed": {"course": "Spanish for beginners"},
    "answer_accepted": {"lesson": "At the market"},
    "achievement": {"title": "Night owl"},
    "streak_at_risk": {"streak_days": 12},
    "streak_frozen": {"streak_days": 12, "freezes_left": 1},
    "league_entered": {"tier": 2, "ends_on": "2026-11-30"},
    # `result`: promoted, stayed or demoted, and `tier` the one that follows.
    "league_result": {"tier": 3, "rank": 4, "xp": 320, "result": "promoted"},
    "weekly_recap": {"week_on": "2026-11-16", "lessons": 9, "xp": 135, "days": 5, "streak_days": 12},
    # `frequency`: daily or weekly. The items are in the person's language, the oldest first, at most 20 of `count`.
    "digest": {
        "frequency": "daily",
        "count": 2,
        "items": [
            {"title": "Lesson completed", "body": "+15 XP. Your streak: 3 days.", "url": "/lessons/1"},
            {"title": "You entered this week's league", "body": "Tier 2.", "url": "/leagues/current"},
        ],
    },
    "friend_request": {"name": "Grace"},
    "kudos": {"name": "Grace"},
    "quest_invitation": {"name": "Grace", "quest": "Fifty lessons together"},
    # `text` is plain, with blank lines between paragraphs.
    "class_announcement": {"class": "Spanish 7b", "title": "Test on Friday", "text": "Units one to three."},
    "announcement": {"title": "New: Hindi", "text": "A course for beginners is here.\n\nFree until May."},
}
