<?php
// php wordpress.php DIRECTORY; the administrator's password comes on standard input. Installs WordPress unless it is
// installed, and writes the pages that are not there yet.
[, $directory] = $argv;
$_SERVER['HTTP_HOST'] = getenv('LAB_ADDRESS');
$_SERVER['SERVER_PROTOCOL'] = 'HTTP/1.1';
$password = trim(fgets(STDIN));
define('WP_INSTALLING', true);
require "$directory/wp-load.php";
require_once ABSPATH . 'wp-admin/includes/upgrade.php';

if (!is_blog_installed()) {
    // The installer writes a mail to the administrator; this guest has nobody to send it to.
    add_filter('pre_wp_mail', '__return_true');
    $result = wp_install(getenv('LAB_TITLE'), 'labadmin', 'labadmin@example.org', true, '', $password);
    if (is_wp_error($result)) {
        fwrite(STDERR, $result->get_error_message() . "\n");
        exit(1);
    }
}
global $wp_rewrite;
$wp_rewrite->set_permalink_structure('/%postname%/');
foreach (['ping_sites' => '', 'default_pingback_flag' => 0, 'default_ping_status' => 'closed', 'use_smilies' => 0] as $name => $value) {
    update_option($name, $value);
}
foreach (require __DIR__ . '/pages.php' as [$slug, $title, $paragraphs]) {
    if (get_page_by_path($slug)) {
        continue;
    }
    $content = "<!-- wp:html --><p><img src=\"/lab-media/$slug.jpg\" alt=\"$title\" width=\"800\" height=\"450\"></p><!-- /wp:html -->";
    foreach ($paragraphs as $paragraph) {
        $content .= "\n<!-- wp:paragraph --><p>$paragraph</p><!-- /wp:paragraph -->";
    }
    $page = wp_insert_post([
        'post_type' => 'page', 'post_status' => 'publish', 'post_name' => $slug, 'post_title' => $title,
        'post_content' => $content, 'post_author' => 1, 'comment_status' => 'closed',
    ], true);
    if (is_wp_error($page)) {
        fwrite(STDERR, "page $slug: " . $page->get_error_message() . "\n");
        exit(1);
    }
}
flush_rewrite_rules(false);
