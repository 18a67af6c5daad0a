# shellcheck shell=bash
# Sourced by the install scripts of all roles. Runs in the guest as root, from cloud-init's final stage.
#
# LAB_ROOT goes before every path that is written, so that the scripts can be tried outside a guest; it is empty in one.

LAB_ROOT=${LAB_ROOT:-}
LAB_LIB=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
STEP='read the parameters'
STATUS_FILE=$LAB_ROOT/var/lib/lab/status.json
CREDENTIALS_FILE=$LAB_ROOT/root/lab-credentials
MEDIA_DIRECTORY=$LAB_ROOT/srv/lab/media

step() {
    STEP=$1
    echo "lab: $STEP ($(cut -d' ' -f1 /proc/uptime) s after boot)"
}

# A string as JSON: backslash, quote and control characters escaped.
json_string() {
    local text=$1
    text=${text//\\/\\\\}
    text=${text//\"/\\\"}
    text=${text//$'\n'/\\n}
    text=${text//$'\t'/\\t}
    printf '"%s"' "$text"
}

# place FILE: FILE.new becomes FILE, whole on the disk: a power cut leaves the old one or the new one.
place() {
    sync "$1.new"
    mv "$1.new" "$1"
    sync "$(dirname "$1")"
}

# write_status APPLICATION INSTALLED VERSION REASON; an empty VERSION or REASON is null.
write_status() {
    local version=null reason=null
    [ -z "$3" ] || version=$(json_string "$3")
    [ -z "$4" ] || reason=$(json_string "$4")
    mkdir -p "$(dirname "$STATUS_FILE")"
    printf '{"application":%s,"installed":%s,"version":%s,"reason":%s}\n' \
        "$(json_string "$1")" "$2" "$version" "$reason" >"$STATUS_FILE.new"
    # What it speaks of first.
    sync
    place "$STATUS_FILE"
}

# Leaves word of the failing step in the log and in the status file; the exit code makes cloud-init's status "error".
on_exit() {
    local code=$?
    [ "$code" -ne 0 ] || return 0
    echo "lab: step '$STEP' failed with exit code $code" >&2
    write_status "$APPLICATION" false '' "step '$STEP' failed with exit code $code"
}

begin() {
    APPLICATION=$1
    trap on_exit EXIT
    # shellcheck disable=SC1091 # made when cloud-init runs
    . "$LAB_ROOT/etc/lab/guest.env"
    : "${LAB_NAME:?missing in guest.env}" "${LAB_ADDRESS:?missing in guest.env}" "${LAB_FORWARDED:?missing in guest.env}" "${LAB_TITLE:?missing in guest.env}"
    if command -v apt-get >/dev/null; then
        FAMILY=apt WEB_SERVICE=apache2 WEB_USER=www-data
        SITE_FILE=$LAB_ROOT/etc/apache2/sites-enabled/000-default.conf
    elif command -v dnf >/dev/null; then
        FAMILY=dnf WEB_SERVICE=httpd WEB_USER=apache
        SITE_FILE=$LAB_ROOT/etc/httpd/conf.d/lab.conf
    else
        echo 'lab: this guest has neither apt-get nor dnf' >&2
        return 1
    fi
    umask 022
}

# Nothing may wake up by itself while the lab is measured.
silence() {
    step 'silence background jobs'
    local unit
    for unit in apt-daily.timer apt-daily-upgrade.timer unattended-upgrades.service dnf-makecache.timer \
        dpkg-db-backup.timer man-db.timer fstrim.timer e2scrub_all.timer phpsessionclean.timer; do
        # Masked in the lab's own template, where each call of systemctl would cost seconds.
        if [ ! -e "/etc/systemd/system/$unit" ] && [ -e "/usr/lib/systemd/system/$unit" ]; then
            systemctl mask --now "$unit"
        fi
    done
}

# Installs what the role's list names and the image lacks. A line may give alternatives: "a | b".
install_packages() {
    step 'install packages'
    local line name wanted=() candidates
    if [ ! -e "$LAB_ROOT/etc/lab/packages.$FAMILY" ]; then
        echo "lab: role.yaml lists no packages for $FAMILY: the role is for other distributions" >&2
        return 1
    fi
    while IFS= read -r line; do
        [ -n "$line" ] || continue
        IFS=' |' read -r -a candidates <<<"$line"
        for name in "${candidates[@]}"; do
            if package_present "$name"; then continue 2; fi
        done
        wanted+=("$line")
    done <"$LAB_ROOT/etc/lab/packages.$FAMILY"
    [ "${#wanted[@]}" -gt 0 ] || return 0
    echo "lab: the image lacks: ${wanted[*]}"
    if [ "$FAMILY" = apt ]; then
        # Of an installation that a power cut has ended.
        dpkg --configure -a
        apt-get -o DPkg::Lock::Timeout=300 update
    fi
    local names=()
    for line in "${wanted[@]}"; do
        IFS=' |' read -r -a candidates <<<"$line"
        for name in "${candidates[@]}"; do
            if [ "${#candidates[@]}" -eq 1 ] || package_known "$name"; then break; fi
        done
        names+=("$name")
    done
    if [ "$FAMILY" = apt ]; then
        DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install --yes --no-install-recommends "${names[@]}"
    else
        dnf --assumeyes --setopt=install_weak_deps=False install "${names[@]}"
    fi
}

package_present() {
    if [ "$FAMILY" = apt ]; then
        # The file list is there if and only if the package is unpacked; asking dpkg-query for each costs a second.
        [ -e "/var/lib/dpkg/info/$1.list" ] || [ -e "/var/lib/dpkg/info/$1:amd64.list" ]
    else
        rpm --quiet -q "$1"
    fi
}

package_known() {
    if [ "$FAMILY" = apt ]; then apt-cache show "$1" >/dev/null 2>&1; else dnf --quiet info "$1" >/dev/null 2>&1; fi
}

start_services() {
    step 'start the web server, and the database where there is one'
    local service
    for service in mariadb "$WEB_SERVICE" php-fpm; do
        # On Debian PHP is a part of Apache; and a role may do without a database.
        [ "$service" = "$WEB_SERVICE" ] || [ -e "$LAB_ROOT/usr/lib/systemd/system/$service.service" ] || continue
        systemctl is-active --quiet "$service" || systemctl enable --now "$service"
    done
    if [ "$FAMILY" = dnf ] && command -v setsebool >/dev/null && selinuxenabled; then
        setsebool httpd_unified on
    fi
    if [ "$FAMILY" = dnf ] && systemctl is-active --quiet firewalld; then
        firewall-cmd --quiet --add-service=http
        firewall-cmd --quiet --permanent --add-service=http
    fi
}

# The web server's user reaches its database through the socket, by who it is: there is no password to keep.
create_database() {
    step "create the database $1"
    mariadb <<SQL
CREATE DATABASE IF NOT EXISTS $1 CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
CREATE USER IF NOT EXISTS '$WEB_USER'@'localhost' IDENTIFIED VIA unix_socket;
GRANT ALL ON $1.* TO '$WEB_USER'@'localhost';
SQL
}

# Number of tables in a database: 0 before the application's installer has run.
count_tables() {
    mariadb --batch --skip-column-names --execute \
        "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = '$1'"
}

as_web_user() {
    runuser -u "$WEB_USER" -- "$@"
}

# The administrator's password: made once, readable by root only. Meets Moodle's rules for passwords.
admin_password() {
    if [ ! -s "$CREDENTIALS_FILE" ]; then
        mkdir -p "$(dirname "$CREDENTIALS_FILE")"
        (
            umask 077
            printf 'ADMIN_USER=labadmin\nADMIN_PASSWORD=%s-Aa1\n' "$(random_word)" >"$CREDENTIALS_FILE.new"
        )
        place "$CREDENTIALS_FILE"
    fi
    sed -n 's/^ADMIN_PASSWORD=//p' "$CREDENTIALS_FILE"
}

random_word() {
    head -c 18 /dev/urandom | base64 | tr '+/' 'xy'
}

# fetch_release URL SHA256 FILE: downloads and checks; a file that does not match is removed. Without a SHA256 the
# checksum is the one that the publisher puts beside the file; a release that has none there is refused.
fetch_release() {
    step "download $1"
    local expected=$2 kind=sha256 answer
    if [ -z "$expected" ]; then
        for kind in sha256 sha1; do
            answer=$(curl --fail --silent --location --connect-timeout 20 --max-time 60 "$1.$kind") || continue
            expected=$(grep --only-matching --extended-regexp '\b([0-9a-f]{64}|[0-9a-f]{40})\b' <<<"$answer" | head -n 1) || continue
            break
        done
    fi
    if [ -z "$expected" ]; then
        echo "lab: no checksum for $1 could be had: its publisher puts none beside it, or cannot be reached. Use an image" \
            'whose distribution packages the application (Debian), or the template (images: source: template in lab.yaml)' >&2
        return 1
    fi
    curl --fail --silent --show-error --location --connect-timeout 20 --output "$3.new" "$1" || return 1
    if ! echo "$expected  $3.new" | "${kind}sum" --check --status; then
        echo "lab: $1 has not the $kind checksum $expected" >&2
        rm -f "$3.new"
        return 1
    fi
    place "$3"
}

# write_site DOCUMENT_ROOT [LINES]: one site, whatever name it is asked by. Pictures of all roles are under /lab-media.
write_site() {
    step 'configure the web server'
    mkdir -p "$(dirname "$SITE_FILE")"
    cat >"$SITE_FILE" <<SITE
<VirtualHost *:80>
    DocumentRoot $1
    DirectoryIndex index.php index.html
    Alias /lab-media $MEDIA_DIRECTORY
    <Directory $1>
        Options FollowSymLinks
        AllowOverride None
        Require all granted
    </Directory>
    <Directory $MEDIA_DIRECTORY>
        Require all granted
    </Directory>
${2:-}
</VirtualHost>
SITE
    rm -f "$LAB_ROOT/etc/httpd/conf.d/welcome.conf"
}

# Pictures for the pages: the same bytes in every guest with the same version of PHP's gd.
make_pictures() {
    step 'draw the pictures'
    mkdir -p "$MEDIA_DIRECTORY"
    php "$LAB_LIB/pictures.php" "$MEDIA_DIRECTORY"
}

reload_web_server() {
    step 'reload the web server'
    systemctl reload "$WEB_SERVICE"
}

# warm PATH TITLE: the first request fills caches, and must show the application.
warm() {
    step "ask for $1"
    local page
    page=$(curl --fail --silent --show-error --location --max-time 300 --header "Host: $LAB_ADDRESS" "http://127.0.0.1$1")
    case $page in
    *"$2"*) ;;
    *)
        echo "lab: the page $1 does not carry the title '$2'" >&2
        return 1
        ;;
    esac
}
