"""What people are told: written in the transaction that causes it, sent once, in their language, and kept as sent.

This app knows people and no bookings. What can be told stands in a registry (`types`): a kind is one class, declared in
the app that it is about, and nothing here names it. `writing` puts notifications in the outbox, `announcing` wakes a
worker after the commit, `outbox` delivers what is due, `mail` makes a mail of a `letter`. `preferences` says what is
mailed and when people are left in peace, `accounts` is what is told of signing in, `views` are the bell, the outbox of
the facility and the preferences.
"""
