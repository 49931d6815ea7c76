"""The compare page: which of two models is better, where, and whether that is settled.

Read it in this order:

1. `board`: the finished runs, ranked, and the pair to begin with.
2. `together`: whether two of them can be paired; then `pair`, two side by side, and `field`, several against the first.
3. `messages`: those on which two disagree, by pages.
4. `comparison`: a session as its pages have it: evidence, notes, decisions, who is there.
5. `answers`: all of this worked out once for all pages of a server; `sessions`: who looks, and who is told what moved.
6. `comparing`: what a server keeps of it.
"""
