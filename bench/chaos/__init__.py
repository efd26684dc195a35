"""Whether every notification arrives, and once, while everything around it breaks: `make chaos`.

Ten workers, two beats, a PostgreSQL, a broker and a mail server of its own, all real. Workers are killed at random,
the broker comes back empty, the database is restarted without warning, and the mail server refuses every third
message. `havoc` breaks things, `mail_server` counts what arrives, `clockwork` is Celery with time run faster, and
`__main__` puts them together and says what came of it.
"""
