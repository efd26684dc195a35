"""What people are told of bookings: written in the transaction that causes it, sent once, in their language.

`writing` puts notifications in the outbox for the services, `reminders` says which are planned ahead and for when,
`digests` which overviews come by the clock, `announcing` wakes a worker after the commit, `outbox` delivers what is
due, `letters` says it in words and `mail` makes a mail of it. `accounts` and `account_letters` are about signing in.
"""
