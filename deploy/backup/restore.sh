#!/bin/sh
# Put a backup back: restore.sh FOLDER/bic-….dump. What the database holds now is gone afterwards; where something
# fails in between, it stays as it was. Stop web, worker and beat before, and run `manage.py migrate` after.
# It works as the account of DATABASE_URL, which owns its database and need be no superuser.
set -eu
dump=${1:?the backup to put back, a file that ends in .dump}
: "${DATABASE_URL:?}" "${MEDIA_ROOT:?}"
umask 077

script=$(mktemp)
trap 'rm -f "$script"' EXIT
echo 'DROP SCHEMA public CASCADE; CREATE SCHEMA public;' >"$script"
# Written out before the first word is said to the database, so that half a file is noticed in time.
pg_restore --no-owner --no-privileges --file - "$dump" >>"$script"
psql -v ON_ERROR_STOP=1 --no-psqlrc --quiet --single-transaction --output /dev/null --file "$script" "$DATABASE_URL"

media=${dump%.dump}.media.tar.gz
if [ -f "$media" ]; then
    mkdir -p "$MEDIA_ROOT"
    tar -xzf "$media" -C "$MEDIA_ROOT"
fi
echo "$dump is restored. Now: python manage.py migrate"
