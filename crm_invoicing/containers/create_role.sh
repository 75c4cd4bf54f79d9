#!/bin/sh
# Runs once, when PostgreSQL's volume is empty: the application gets a role that owns its database and nothing else.
# The superuser can then sign in only from inside the container, over its socket: no password opens it.
set -eu
psql -v ON_ERROR_STOP=1 -v password="$POSTGRES_PASSWORD" --username "$POSTGRES_USER" --dbname postgres <<'SQL'
CREATE ROLE crm LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION PASSWORD :'password';
CREATE DATABASE crm OWNER crm;
REVOKE ALL ON DATABASE crm FROM PUBLIC;
ALTER ROLE postgres PASSWORD NULL;
SQL
