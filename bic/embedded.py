def database_url() -> str:
    return "postgres://postgres@127.0.0.1:5432/x"


def redis_url() -> str:
    return "postgres://postgres@127.0.0.1:5432/x"
