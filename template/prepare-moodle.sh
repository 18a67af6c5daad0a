#!/bin/bash
# Runs inside the new root file system (chroot) where Moodle's source is baked in: Moodle's own installer makes its
# database and settings, and the lab's script its courses, as a guest would. There they take a minute of CPU time, which
# is a quarter of an hour where the CPU is emulated. The address, the site's names and the administrator's password are
# given in the guest.
set -euo pipefail
export WEB_USER=www-data
install=$(dirname "$0")
source_directory=/usr/share/moodle
data_directory=/var/lib/moodledata
# A name that is never resolved (RFC 2606); moodle.sh puts the guest's address in its place.
address=lab.invalid

step() { echo "moodle: $1"; }
as_web_user() { runuser -u "$WEB_USER" -- "$@"; }
random_word() { head -c 18 /dev/urandom | base64 | tr '+/' 'xy'; }
# shellcheck source=cloud-init/roles/moodle/moodle.install.sh
. "$install/moodle.install.sh"

# Nothing may keep running in a root file system that is to be packed, and a failure is shown.
server='' pages=''
finish() {
    local code=$?
    for process in $pages $server; do kill "$process" 2>/dev/null || true; done
    [ "$code" -eq 0 ] || cat /tmp/mariadb.log /tmp/moodle.log | tail -n 30
}
trap finish EXIT

step 'start the database'
install -d -o mysql /run/mysqld
: >/tmp/moodle.log
mariadbd --user=mysql --skip-networking --innodb-flush-log-at-trx-commit=0 >/tmp/mariadb.log 2>&1 &
server=$!
until mariadb-admin --silent ping 2>/dev/null; do
    kill -0 "$server"
    sleep 0.2
done
mariadb <<SQL
CREATE DATABASE moodle CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
CREATE USER '$WEB_USER'@'localhost' IDENTIFIED VIA unix_socket;
GRANT ALL ON moodle.* TO '$WEB_USER'@'localhost';
SQL

run_installer "$source_directory" "$data_directory" "$address" Moodle moodle >>/tmp/moodle.log 2>&1

# Compiled PHP, written by the web server's user alone.
install -d -o "$WEB_USER" -g "$WEB_USER" -m 0700 /var/cache/lab-opcache
random_word | write_courses "$install/moodle.php" "$source_directory" Moodle moodle >>/tmp/moodle.log 2>&1

# The pages that a reader visits, so that their code and their style sheet are compiled. Apache itself serves them: the
# file cache of one server interface is of no use to another. What they cache is of this address, and is not kept.
step 'compile the pages'
document_root=$source_directory
[ ! -d "$source_directory/public" ] || document_root=$source_directory/public
cat >/tmp/apache.conf <<CONF
ServerRoot /etc/apache2
PidFile /tmp/apache.pid
Listen 127.0.0.1:18080
ServerName $address
ErrorLog /tmp/moodle.log
User $WEB_USER
Group $WEB_USER
IncludeOptional mods-enabled/*.load
IncludeOptional mods-enabled/*.conf
DocumentRoot $document_root
<Directory $document_root>
    Require all granted
</Directory>
CONF
# A process group of its own: when Apache is ended, it ends its whole group.
PHP_INI_SCAN_DIR=:/usr/lib/lab/moodle-php APACHE_RUN_DIR=/tmp setsid apache2 -f /tmp/apache.conf -D FOREGROUND >>/tmp/moodle.log 2>&1 &
pages=$!
for path in / /course/index.php '/course/view.php?name=bridges'; do
    page=$(curl --fail --silent --show-error --retry 20 --retry-connrefused --retry-delay 1 --max-time 120 \
        --header "Host: $address" "http://127.0.0.1:18080$path")
    # shellcheck disable=SC2046 # addresses have no blanks
    curl --fail --silent --show-error --header "Host: $address" >/dev/null $(
        sed --quiet --regexp-extended \
            "s/&amp;/\&/g; s~.*(href|src)=\"http://$address(/[^\"]*\.php/[^\"]*)\".*~http://127.0.0.1:18080\2~p" <<<"$page"
    )
done
kill "$pages"
wait "$pages" || true
pages=''

# Keys and identifiers that each site has of its own; Moodle makes those that it uses anew. And when local caches were
# last invalid: packing sets the time of newer files back, which would make the compiled style sheet older than that.
mariadb moodle <<'SQL'
DELETE FROM mdl_config WHERE name IN ('siteidentifier', 'calendar_exportsalt', 'localcachedirpurged');
DELETE FROM mdl_config_plugins WHERE plugin = 'mod_lti' AND name IN ('kid', 'privatekey');
DELETE FROM mdl_config_plugins WHERE plugin = 'enrol_lti' AND name IN ('lti_13_kid', 'lti_13_privatekey');
TRUNCATE mdl_sessions;
TRUNCATE mdl_logstore_standard_log;
SQL
mariadb-admin shutdown
wait "$server"
server=''
rm -rf "$data_directory"/{cache,muc,sessions,temp} "$data_directory"/localcache/bootstrap.php /run/mysqld
