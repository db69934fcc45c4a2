"""Pure rules of identity: what a field may be, how long things live, how failures slow a guesser down."""
