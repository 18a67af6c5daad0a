#!/bin/bash
# Installs WordPress with its own installer (wp_install) and writes the lab's pages. Run again, it changes nothing.
set -euo pipefail
# shellcheck source=cloud-init/install/lib.sh
. "$(dirname "$0")/lib.sh"
begin wordpress

# Where no package has WordPress (dnf): a release by its makers, pinned. Its checksum is published beside it (SHA-1).
RELEASE_URL=https://wordpress.org/wordpress-6.8.3.tar.gz
RELEASE_SHA256=

silence
install_packages
start_services

step 'find WordPress'
if [ -d /usr/share/wordpress/wp-includes ]; then
    source_directory=/usr/share/wordpress
    content_directory=/var/lib/wordpress/wp-content
    config_file=/etc/wordpress/config-default.php
else
    source_directory=/srv/lab/wordpress
    content_directory=$source_directory/wp-content
    config_file=$source_directory/wp-config.php
    if [ ! -d "$source_directory/wp-includes" ]; then
        mkdir -p /srv/lab
        fetch_release "$RELEASE_URL" "$RELEASE_SHA256" /srv/lab/wordpress.tar.gz
        step 'unpack WordPress'
        tar --extract --file /srv/lab/wordpress.tar.gz --directory /srv/lab --no-same-owner
        rm /srv/lab/wordpress.tar.gz
    fi
fi

create_database wordpress
make_pictures

step 'configure WordPress'
salts() {
    local name
    for name in AUTH SECURE_AUTH LOGGED_IN NONCE; do
        printf "define('%s_KEY', '%s');\ndefine('%s_SALT', '%s');\n" \
            "$name" "$(random_word)$(random_word)" "$name" "$(random_word)$(random_word)"
    done
}
if [ ! -s "$config_file" ]; then
    {
        cat <<PHP
<?php
define('DB_NAME', 'wordpress');
define('DB_USER', '$WEB_USER');
define('DB_PASSWORD', '');
define('DB_HOST', 'localhost');
define('DB_CHARSET', 'utf8mb4');
// Its two addresses, and no other that a reader may ask by.
\$lab_host = (\$_SERVER['HTTP_HOST'] ?? '') === '$LAB_FORWARDED' ? '$LAB_FORWARDED' : '$LAB_ADDRESS';
define('WP_HOME', "http://\$lab_host");
define('WP_SITEURL', "http://\$lab_host");
// Nothing starts by itself and nothing calls home while the lab is measured.
define('DISABLE_WP_CRON', true);
define('WP_HTTP_BLOCK_EXTERNAL', true);
define('AUTOMATIC_UPDATER_DISABLED', true);
PHP
        salts
        # Debian's own wp-config.php sets the rest and loads WordPress.
        if [ "$source_directory" = /usr/share/wordpress ]; then
            printf "define('WP_CONTENT_DIR', '%s');\n" "$content_directory"
        else
            printf "\$table_prefix = 'wp_';\nif (!defined('ABSPATH')) define('ABSPATH', __DIR__ . '/');\nrequire_once ABSPATH . 'wp-settings.php';\n"
        fi
    } >"$config_file.new"
    chown "root:$WEB_USER" "$config_file.new"
    chmod 0640 "$config_file.new"
    place "$config_file"
fi
# The packages of Debian's themes put them under /usr/share; WordPress looks for them beside its content.
if [ "$source_directory" = /usr/share/wordpress ]; then
    for theme in "$source_directory"/wp-content/themes/*/; do
        [ -d "$theme" ] || continue
        ln -sfn "${theme%/}" "$content_directory/themes/$(basename "$theme")"
    done
fi

# What is written under one address must be right under the other: links and pictures of the site itself, which stand in quotes,
# lose their host.
mkdir -p "$content_directory/mu-plugins"
cat >"$content_directory/mu-plugins/lab.php" <<PHP
<?php
add_filter('content_save_pre', fn(\$text) =>
    preg_replace('~(["\'])http://(?:$LAB_FORWARDED|$LAB_ADDRESS)/~', '\$1/', \$text));
PHP

step 'install WordPress and write the pages'
admin_password | as_web_user env "LAB_TITLE=$LAB_TITLE" "LAB_ADDRESS=$LAB_ADDRESS" php "$LAB_LIB/wordpress.php" "$source_directory"

write_site "$source_directory" "    Alias /wp-content $content_directory
    <Directory $content_directory>
        Options FollowSymLinks
        Require all granted
    </Directory>
    <Directory $source_directory>
        FallbackResource /index.php
    </Directory>"
reload_web_server
warm / "$LAB_TITLE"

step 'report'
write_status wordpress true "$(sed -n "s/^\$wp_version = '\(.*\)';/\1/p" "$source_directory/wp-includes/version.php")" ''
echo 'lab: WordPress is installed'
