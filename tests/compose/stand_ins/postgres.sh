#!/bin/sh
# As the published image does: a new data folder gets the user, the password and the database.
set -eu
data=/var/lib/postgresql/data
bin=$(echo /usr/lib/postgresql/*/bin)
as="setpriv --reuid=postgres --regid=postgres --init-groups"
install -d -o postgres -g postgres -m 700 "$data"
if [ ! -s "$data/PG_VERSION" ]; then
  (umask 077; printf %s "$POSTGRES_PASSWORD" > /tmp/password); chown postgres /tmp/password
  $as "$bin/initdb" -D "$data" -U "$POSTGRES_USER" --pwfile=/tmp/password -A scram-sha-256 \
    -E UTF8 --locale=C.UTF-8
  rm /tmp/password
  sed -i 's/^local .*/local all all trust/' "$data/pg_hba.conf"
  echo 'host all all all scram-sha-256' >> "$data/pg_hba.conf"
  $as "$bin/pg_ctl" -D "$data" -o "-c listen_addresses='' -k /tmp" -w start
  $as psql -h /tmp -U "$POSTGRES_USER" -d postgres -c "CREATE DATABASE $POSTGRES_DB"
  $as "$bin/pg_ctl" -D "$data" -w stop
fi
exec $as "$bin/postgres" -D "$data" -c listen_addresses='*' -k /tmp
