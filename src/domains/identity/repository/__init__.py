"""SQL of identity. `now` is always handed in: tokens, sessions and delays are measured by one clock, the process's."""
