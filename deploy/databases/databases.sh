#!/bin/bash
# Runs once, when the data folder of PostgreSQL is empty: two roles and a database for each service.
# The owner makes the tables (`migrate`), the service works with their rows. Nobody but these two and
# the superuser can connect to a database.
set -euo pipefail

for service in identity ticket notify analytics; do
    password="${service^^}_DATABASE_PASSWORD"
    owner_password="${service^^}_DATABASE_OWNER_PASSWORD"
    psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
        --set role="${service}_service" --set owner="${service}_owner" --set name="${service}_db" \
        --set password="${!password}" --set owner_password="${!owner_password}" <<'SQL'
CREATE ROLE :"owner" LOGIN PASSWORD :'owner_password';
CREATE ROLE :"role" LOGIN PASSWORD :'password';
CREATE DATABASE :"name" OWNER :"owner" TEMPLATE template0 ENCODING 'UTF8'
    LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C';
REVOKE ALL ON DATABASE :"name", postgres, template1 FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE :"name" TO :"role";
SQL
done
