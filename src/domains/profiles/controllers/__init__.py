"""REST of profiles, by topic. Whoever may not be seen answers like somebody who is not there."""
