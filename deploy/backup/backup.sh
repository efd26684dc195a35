#!/bin/sh
# One backup of database and photos: backup.sh FOLDER. Finds the database by DATABASE_URL and photos by MEDIA_ROOT.
# What is older than KEEP_DAYS is removed, after the new one is there and can be read.
set -eu
folder=${1:?the folder that backups are kept in}
: "${DATABASE_URL:?}" "${MEDIA_ROOT:?}"
umask 077
mkdir -p "$folder"

name=$folder/bic-$(date -u +%Y%m%dT%H%M%SZ)
trap 'rm -f "$name".*.part' EXIT
pg_dump --format custom --no-owner --no-privileges --file "$name.dump.part" "$DATABASE_URL"
pg_restore --list "$name.dump.part" >/dev/null
# Nobody has uploaded a photo yet, or they are kept in a bucket.
if [ -d "$MEDIA_ROOT" ]; then
    tar -czf "$name.media.tar.gz.part" -C "$MEDIA_ROOT" .
    mv "$name.media.tar.gz.part" "$name.media.tar.gz"
fi
mv "$name.dump.part" "$name.dump"
find "$folder" -name 'bic-*' -mtime "+${KEEP_DAYS:-30}" -delete
echo "$name.dump"
