"""What people are told of bookings: written in the transaction that causes it.

`types` and `digest_types` are the kinds and what their letters say, `topics` leads from a notification to its booking,
`writing` puts them in the outbox for the services, `reminders` says which are planned ahead and for when, `digests`
which overviews come by the clock, and `links` are addresses that let a reader do one thing without signing in.
"""
