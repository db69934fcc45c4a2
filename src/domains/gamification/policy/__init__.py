"""The rules of the game, pure: what a lesson pays, how a streak grows, who moves up. Time is passed in."""
