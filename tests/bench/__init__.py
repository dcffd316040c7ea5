"""`make bench`: the gateway beside what an operator would use instead, in one run on the same machine."""
