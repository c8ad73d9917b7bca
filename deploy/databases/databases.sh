#!/bin/bash
# Runs once, when the data folder of PostgreSQL is empty: a role and a database for each service.
# Nobody but its role and the superuser can connect to a database.
set -euo pipefail

for service in identity ticket notify analytics; do
    password="${service^^}_DATABASE_PASSWORD"
    psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
        --set role="${service}_service" --set name="${service}_db" --set password="${!password}" <<'SQL'
CREATE ROLE :"role" LOGIN PASSWORD :'password';
CREATE DATABASE :"name" OWNER :"role" TEMPLATE template0 ENCODING 'UTF8'
    LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C';
REVOKE ALL ON DATABASE :"name", postgres, template1 FROM PUBLIC;
SQL
done
