#!/bin/bash
# Installs MediaWiki with its own installer and writes the lab's pages. Run again, it changes nothing.
set -euo pipefail
# shellcheck source=cloud-init/install/lib.sh
. "$(dirname "$0")/lib.sh"
begin mediawiki

# Where no package has MediaWiki (dnf): the long-term release by its makers. They sign it, and put no checksum beside it:
# until one is given here, the guest ends in an error that says so rather than run what nobody has checked.
RELEASE_URL=https://releases.wikimedia.org/mediawiki/1.43/mediawiki-1.43.5.tar.gz
RELEASE_SHA256=

silence
install_packages
start_services

step 'find MediaWiki'
if [ -d /usr/share/mediawiki/maintenance ]; then
    source_directory=/usr/share/mediawiki
    document_root=/var/lib/mediawiki
    settings_file=/etc/mediawiki/LocalSettings.php
else
    source_directory=/srv/lab/mediawiki
    document_root=$source_directory
    settings_file=$source_directory/LocalSettings.php
    if [ ! -d "$source_directory/maintenance" ]; then
        mkdir -p "$source_directory"
        fetch_release "$RELEASE_URL" "$RELEASE_SHA256" /srv/lab/mediawiki.tar.gz
        step 'unpack MediaWiki'
        tar --extract --file /srv/lab/mediawiki.tar.gz --directory "$source_directory" --strip-components=1 --no-same-owner
        rm /srv/lab/mediawiki.tar.gz
    fi
fi

create_database mediawiki
make_pictures

# maintenance NAME OPTIONS: since 1.40 by way of run.php.
maintenance() {
    if [ -e "$source_directory/maintenance/run.php" ]; then
        as_web_user php "$source_directory/maintenance/run.php" "$@"
    else
        local name=$1
        shift
        case $name in
        /*) as_web_user env "MW_INSTALL_PATH=$source_directory" php "$name" "$@" ;;
        *) as_web_user php "$source_directory/maintenance/$name.php" "$@" ;;
        esac
    fi
}

if [ ! -s "$settings_file" ]; then
    step 'install MediaWiki'
    if [ "$(count_tables mediawiki)" -gt 0 ]; then
        # An installation that was cut off: its tables are of no use without the settings, which are written last.
        mariadb --execute 'DROP DATABASE mediawiki'
        create_database mediawiki
    fi
    settings_directory=$(mktemp -d)
    chown "$WEB_USER" "$settings_directory"
    admin_password | maintenance install --dbtype=mysql --dbserver=localhost --dbname=mediawiki --dbuser="$WEB_USER" \
        --server="http://$LAB_ADDRESS" --scriptpath= --lang=en --passfile=php://stdin \
        --confpath="$settings_directory" "$LAB_TITLE" labadmin
    cat >>"$settings_directory/LocalSettings.php" <<'PHP'

// Nothing starts by itself while the lab is measured, and pages are cached in the server's own memory.
$wgJobRunRate = 0;
$wgMainCacheType = CACHE_ACCEL;
$wgParserCacheType = CACHE_DB;
$wgMessageCacheType = CACHE_ACCEL;
$wgSessionCacheType = CACHE_DB;
$wgEnableEmail = false;
$wgArticlePath = '/index.php/$1';
$wgUsePathInfo = true;
$wgAllowExternalImagesFrom = $wgServer . '/lab-media/';
PHP
    # Pages are kept with the address of the lab in them. Browsers share cookies between the ports of a host.
    cat >>"$settings_directory/LocalSettings.php" <<PHP

// Its other address, and no further one that a reader may ask by.
if ( ( \$_SERVER['HTTP_HOST'] ?? '' ) === '$LAB_FORWARDED' ) {
    \$wgServer = 'http://$LAB_FORWARDED';
    \$wgCookiePrefix = 'lab${LAB_FORWARDED##*:}';
    \$wgHooks['OutputPageBeforeHTML'][] = static function ( \$out, &\$text ) {
        \$text = str_replace( 'http://$LAB_ADDRESS/', 'http://$LAB_FORWARDED/', \$text );
    };
}
PHP
    step 'configure MediaWiki'
    install -o root -g "$WEB_USER" -m 0640 "$settings_directory/LocalSettings.php" "$settings_file.new"
    place "$settings_file"
    rm -r "$settings_directory"
fi

step 'write the pages'
maintenance "$LAB_LIB/mediawiki.php"

write_site "$document_root" "    <Directory $source_directory>
        Options FollowSymLinks
        Require all granted
    </Directory>
    <DirectoryMatch ^($document_root|$source_directory)/(cache|config|maintenance|tests|vendor)(/|\$)>
        Require all denied
    </DirectoryMatch>
    <Directory $document_root/images>
        AllowOverride None
        SetHandler none
    </Directory>"
reload_web_server
warm /index.php/Main_Page "$LAB_TITLE"

step 'report'
write_status mediawiki true "$(sed -n "s/^define( 'MW_VERSION', '\(.*\)' );/\1/p" "$source_directory/includes/Defines.php")" ''
echo 'lab: MediaWiki is installed'
