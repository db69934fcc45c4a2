"""The grader: pure rules that compare what a learner wrote with what is accepted.

Decision: a word that the course teaches is always read as that word, never as a slip of another one; so `pato` is not a
mistyped `gato`, and where a course teaches both `esta` and `está`, one is not a badly accented form of the other.
Consequence: learners of such a course have to type that accent; everywhere else a lost accent is accepted and shown.
"""
