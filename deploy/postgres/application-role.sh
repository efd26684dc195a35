#!/bin/sh
# The account that the site uses, and its database. It owns that database and is nothing more: no superuser.
# Run as PostgreSQL's superuser, with the account's password in BIC_PASSWORD. PostgreSQL's image runs it at first start.
set -eu
: "${BIC_PASSWORD:?the password that the site is to sign in with}"

psql -v ON_ERROR_STOP=1 --no-psqlrc --quiet --username "${POSTGRES_USER:-postgres}" --dbname postgres <<'SQL'
\getenv password BIC_PASSWORD
CREATE ROLE bic LOGIN PASSWORD :'password' NOSUPERUSER NOCREATEDB NOCREATEROLE;
CREATE DATABASE bic OWNER bic ENCODING 'UTF8' TEMPLATE template0;
-- Nobody else has business in it.
REVOKE ALL ON DATABASE bic FROM PUBLIC;
SQL
