# shellcheck shell=bash
# Moodle's own installer. Sourced by moodle.sh in the guest and by template/prepare-moodle.sh when an image is built; the
# one that sources it brings step, as_web_user, random_word and WEB_USER.

# find_cli SOURCE: since 5.1 only public/ is served, and the command line is at the top or below public/, release by
# release.
find_cli() {
    local directory
    for directory in admin/cli public/admin/cli; do
        if [ -e "$1/$directory/install.php" ]; then
            echo "$1/$directory"
            return 0
        fi
    done
    return 1
}

# run_installer SOURCE DATA ADDRESS TITLE NAME
run_installer() {
    step 'install Moodle'
    mkdir -p "$2"
    chown "$WEB_USER" "$2" "$1"
    chmod 0700 "$2"
    # A password given here could be read in the list of processes: this one is replaced in the next step.
    as_web_user php -d max_input_vars=5000 "$(find_cli "$1")/install.php" --non-interactive --agree-license \
        --lang=en --wwwroot="http://$3" --dataroot="$2" \
        --dbtype=mariadb --dbhost=localhost --dbname=moodle --dbuser="$WEB_USER" --dbpass= \
        --fullname="$4" --shortname="$5" \
        --adminuser=labadmin --adminpass="$(random_word)-Aa1" --adminemail=labadmin@example.org
    chown root:root "$1"
    chown "root:$WEB_USER" "$1/config.php"
    chmod 0640 "$1/config.php"
}

# write_courses SCRIPT SOURCE TITLE NAME; the administrator's password comes on standard input. The directory of settings
# is one of the lab's own template, with whose images compiled code comes.
write_courses() {
    step 'write the courses'
    as_web_user env PHP_INI_SCAN_DIR=:/usr/lib/lab/moodle-php "LAB_TITLE=$3" "LAB_NAME=$4" php "$1" "$2/config.php"
}
