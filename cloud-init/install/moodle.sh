#!/bin/bash
# Installs Moodle with its own installer and makes the lab's courses. Run again, it changes nothing.
#
# Moodle is packaged nowhere: its source is in the image (/usr/share/moodle) or is downloaded from MOODLE_URL. Where it
# can't be had and LAB_REQUIRE_APPLICATION is 0, the guest still serves a page, which says that Moodle is not installed.
set -euo pipefail
# shellcheck source=cloud-init/install/lib.sh
. "$(dirname "$0")/lib.sh"
begin moodle

source_directory=$LAB_ROOT/usr/share/moodle
data_directory=$LAB_ROOT/var/lib/moodledata

silence
install_packages
start_services

step 'find Moodle'
# Since 5.1 only public/ is served, and the command line is at the top or below public/, release by release.
find_cli() {
    local directory
    for directory in admin/cli public/admin/cli; do
        if [ -e "$source_directory/$directory/install.php" ]; then
            echo "$source_directory/$directory"
            return 0
        fi
    done
    return 1
}

# The release that fits this guest's PHP. Its checksum is published beside it.
default_url() {
    if php -r 'exit(PHP_VERSION_ID >= 80400 ? 0 : 1);'; then
        echo https://packaging.moodle.org/stable501/moodle-5.1.3.tgz
    else
        echo https://packaging.moodle.org/stable405/moodle-latest-405.tgz
    fi
}

download_moodle() {
    local url=${MOODLE_URL:-$(default_url)} archive=$LAB_ROOT/var/tmp/moodle.tgz
    mkdir -p "$source_directory" "$(dirname "$archive")"
    fetch_release "$url" "${MOODLE_SHA256:-}" "$archive" || return 1
    tar --extract --file "$archive" --directory "$source_directory" --strip-components=1 --no-same-owner || return 1
    rm -f "$archive"
}

if ! cli=$(find_cli); then
    reason="the image holds no Moodle source and ${MOODLE_URL:-$(default_url)} could not be downloaded"
    if download_moodle && cli=$(find_cli); then
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
    step 'install Moodle'
    if [ "$(count_tables moodle)" -gt 0 ]; then
        # An installation that was cut off: the installer refuses a database that has tables.
        mariadb --execute 'DROP DATABASE moodle'
        create_database moodle
    fi
    mkdir -p "$data_directory"
    chown "$WEB_USER" "$data_directory" "$source_directory"
    chmod 0700 "$data_directory"
    # A password given here could be read in the list of processes: this one is replaced in the next step.
    as_web_user php -d max_input_vars=5000 "$cli/install.php" --non-interactive --agree-license \
        --lang=en --wwwroot="http://$LAB_ADDRESS" --dataroot="$data_directory" \
        --dbtype=mariadb --dbhost=localhost --dbname=moodle --dbuser="$WEB_USER" --dbpass= \
        --fullname="$LAB_TITLE" --shortname="$LAB_NAME" \
        --adminuser=labadmin --adminpass="$(random_word)-Aa1" --adminemail=labadmin@example.org
    chown root:root "$source_directory"
    chown "root:$WEB_USER" "$source_directory/config.php"
    chmod 0640 "$source_directory/config.php"
fi

step 'write the courses'
admin_password | as_web_user env "LAB_ADDRESS=$LAB_ADDRESS" php "$LAB_LIB/moodle.php" "$source_directory/config.php"

write_site "$document_root" "    AcceptPathInfo On"
reload_web_server
warm / "$LAB_TITLE"

step 'report'
write_status moodle true "$(sed -n "s/^\$release *= *'\([^']*\)'.*/\1/p" "$document_root/version.php")" ''
echo 'lab: Moodle is installed'
