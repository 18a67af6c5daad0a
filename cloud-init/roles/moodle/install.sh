#!/bin/bash
# Installs Moodle with its own installer and makes the lab's courses. Run again, it changes nothing.
#
# Moodle is packaged nowhere: its source is in the image (/usr/share/moodle) or is downloaded from MOODLE_URL. Where it
# can't be had and LAB_REQUIRE_APPLICATION is 0, the guest still serves a page, which says that Moodle is not installed.
set -euo pipefail
# shellcheck source=cloud-init/install/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=cloud-init/roles/moodle/moodle.install.sh
. "$(dirname "$0")/moodle.install.sh"
begin moodle

source_directory=$LAB_ROOT/usr/share/moodle
data_directory=$LAB_ROOT/var/lib/moodledata

silence
install_packages
start_services

step 'find Moodle'
# The release that the lab is tried with; needs PHP 8.2 and MariaDB 10.11, which all its distributions have. Its checksum
# is published beside it.
RELEASE_URL=${MOODLE_URL:-https://packaging.moodle.org/stable501/moodle-5.1.3.tgz}

download_moodle() {
    local archive=$LAB_ROOT/var/tmp/moodle.tgz
    mkdir -p "$source_directory" "$(dirname "$archive")"
    fetch_release "$RELEASE_URL" "${MOODLE_SHA256:-}" "$archive" || return 1
    tar --extract --file "$archive" --directory "$source_directory" --strip-components=1 --no-same-owner || return 1
    rm -f "$archive"
}

if ! find_cli "$source_directory" >/dev/null; then
    reason="the image holds no Moodle source and $RELEASE_URL could not be downloaded"
    if download_moodle && find_cli "$source_directory" >/dev/null; then
        :
    elif [ "${LAB_REQUIRE_APPLICATION:-1}" = 0 ]; then
        site=$LAB_ROOT/srv/lab/without-moodle
        mkdir -p "$site" "$MEDIA_DIRECTORY"
        cat >"$site/index.html" <<HTML
<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Moodle is not installed</title></head>
<body><h1>Moodle is not installed</h1>
<p>This guest runs its web server, PHP and database without the application: $reason.</p>
<p>Set MOODLE_SOURCE to a directory, a tar file or an address that has the source, and deploy again.</p></body></html>
HTML
        write_site "$site"
        reload_web_server
        step 'report'
        write_status moodle false '' "$reason"
        echo "lab: Moodle is not installed: $reason"
        exit 0
    else
        echo "lab: $reason" >&2
        exit 1
    fi
fi

document_root=$source_directory
[ ! -d "$source_directory/public" ] || document_root=$source_directory/public

create_database moodle
make_pictures

if [ ! -s "$source_directory/config.php" ]; then
    if [ "$(count_tables moodle)" -gt 0 ]; then
        # An installation that was cut off: the installer refuses a database that has tables.
        mariadb --execute 'DROP DATABASE moodle'
        create_database moodle
    fi
    run_installer "$source_directory" "$data_directory" "$LAB_ADDRESS" "$LAB_TITLE" "$LAB_NAME"
elif grep --quiet "'http://lab\.invalid'" "$source_directory/config.php"; then
    # The image has it installed, and its code compiled; the web server takes this in when it is reloaded below.
    for directory in "$LAB_ROOT"/etc/php/*/apache2/conf.d; do
        cp "$LAB_ROOT/usr/lib/lab/moodle-php/file-cache.ini" "$directory/90-lab-file-cache.ini"
    done
    step 'give the Moodle of the image its address'
    sed --in-place "s|'http://lab\.invalid'|'http://$LAB_ADDRESS'|" "$source_directory/config.php"
fi

# Its two addresses, and no other that a reader may ask by. What is compiled names one of them, and browsers share cookies
# between the ports of a host.
forwarded="(\$_SERVER['HTTP_HOST'] ?? '') === '$LAB_FORWARDED'"
if ! grep --quiet --fixed-strings "$forwarded" "$source_directory/config.php"; then
    sed --in-place "s|^\(\$CFG->wwwroot *= *\)'http://$LAB_ADDRESS';|\1$forwarded ? 'http://$LAB_FORWARDED' : 'http://$LAB_ADDRESS';\nif ($forwarded) {\n    \$CFG->localcachedir = '$data_directory/localcache-${LAB_FORWARDED##*:}';\n    \$CFG->sessioncookie = '${LAB_FORWARDED##*:}';\n}|" \
        "$source_directory/config.php"
fi

admin_password | write_courses "$LAB_LIB/moodle.php" "$source_directory" "$LAB_TITLE" "$LAB_NAME"

write_site "$document_root" "    AcceptPathInfo On"
reload_web_server
warm / "$LAB_TITLE"

step 'report'
write_status moodle true "$(sed -n "s/^\$release *= *'\([^']*\)'.*/\1/p" "$document_root/version.php")" ''
echo 'lab: Moodle is installed'
