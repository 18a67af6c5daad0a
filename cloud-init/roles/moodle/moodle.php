<?php
// php moodle.php CONFIG; the administrator's password comes on standard input. Sets it and the site's names, lets readers
// in without an account, and makes the courses that are not there yet.
define('CLI_SCRIPT', true);
require $argv[1];
require_once $CFG->dirroot . '/course/lib.php';
require_once $CFG->libdir . '/enrollib.php';

$admin = get_admin();
\core\session\manager::set_user($admin);
update_internal_user_password($admin, trim(fgets(STDIN)));
// An image's Moodle has none: each guest makes its own.
get_site_identifier();
$DB->update_record('course', ['id' => SITEID, 'fullname' => getenv('LAB_TITLE'), 'shortname' => getenv('LAB_NAME')]);
rebuild_course_cache(SITEID, true);
// Texts that the installer wrote in the image name the address that it was installed under.
$DB->execute('UPDATE {config_plugins} SET value = REPLACE(value, ?, ?)', ['http://lab.invalid', $CFG->wwwroot]);
foreach (['autologinguests' => 1, 'guestloginbutton' => 1, 'updateautocheck' => 0, 'forcelogin' => 0,
    // The title of each page ends in the site's name, by which the lab knows that Moodle answers.
    'sitenameintitle' => 'fullname',
    // Else a guest who comes back to the front page is sent to a dashboard.
    'defaulthomepage' => HOMEPAGE_SITE] as $name => $value) {
    set_config($name, $value);
}
// A course without a guest method of enrolment would send its reader to the login page.
set_config('defaultenrol', 1, 'enrol_guest');
set_config('status', ENROL_INSTANCE_ENABLED, 'enrol_guest');

foreach (require __DIR__ . '/pages.php' as [$slug, $title, $paragraphs]) {
    if ($DB->record_exists('course', ['shortname' => $slug])) {
        continue;
    }
    $text = "<p><img src=\"/lab-media/$slug.jpg\" alt=\"$title\" width=\"800\" height=\"450\"></p>";
    $course = create_course((object) [
        'category' => 1, 'fullname' => $title, 'shortname' => $slug, 'summary' => $paragraphs[0],
        'summaryformat' => FORMAT_HTML, 'format' => 'topics', 'numsections' => 1, 'visible' => 1,
    ]);
    $section = $DB->get_record('course_sections', ['course' => $course->id, 'section' => 0], '*', MUST_EXIST);
    course_update_section($course, $section, [
        'summary' => $text . '<p>' . implode('</p><p>', $paragraphs) . '</p>',
        'summaryformat' => FORMAT_HTML,
    ]);
    $guest = enrol_get_plugin('guest');
    $instance = $DB->get_record('enrol', ['courseid' => $course->id, 'enrol' => 'guest']);
    if (!$instance) {
        $guest->add_instance($course, ['status' => ENROL_INSTANCE_ENABLED]);
    } else {
        $guest->update_status($instance, ENROL_INSTANCE_ENABLED);
    }
}
