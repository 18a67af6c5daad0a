import { GuestRoot } from './guest-root';

let guest: GuestRoot;
beforeEach(() => {
  guest = new GuestRoot();
  // What the applications' own installers leave; they get the administrator's password on standard input.
  guest.stub(
    'php',
    `case "$*" in
    */install.php*) echo '<?php' >"${guest.path('usr/share/moodle/config.php')}" ;;
    *run.php\\ install*) cat >"${guest.path('password-seen')}"
        for word; do case $word in --confpath=*) echo '<?php' >"\${word#*=}/LocalSettings.php" ;; esac; done ;;
    */moodle.php* | */wordpress.php*) cat >"${guest.path('password-seen')}" ;;
    esac`,
  );
  // Trees with the files by which the scripts know an application, made by this test: they are none.
  guest.write('usr/share/moodle/admin/cli/install.php', '');
  guest.write('usr/share/moodle/version.php', "$release  = '5.1.0';\n");
  guest.write('srv/lab/wordpress/wp-includes/version.php', "$wp_version = '6.8';\n");
  guest.write('srv/lab/mediawiki/maintenance/run.php', '');
  guest.write('srv/lab/mediawiki/includes/Defines.php', "define( 'MW_VERSION', '1.43' );\n");
});
afterEach(() => guest.remove());

it.each(['wordpress', 'moodle', 'mediawiki'])(
  'the password that %s makes is in no output, argument or status, and in a file for root only',
  (role) => {
    const { status, output } = guest.run(role);
    expect(output).toMatch(/lab: \w+ is installed\n$/);
    expect(status).toBe(0);
    const password = /ADMIN_PASSWORD=(\S+)/.exec(guest.read('root/lab-credentials'))?.[1] ?? '';
    expect(password.length).toBeGreaterThan(20);
    expect(guest.read('password-seen').trim()).toBe(password);
    expect(guest.mode('root/lab-credentials')).toBe(0o600);
    for (const seen of [output, guest.calls(), JSON.stringify(guest.status())]) {
      expect(seen).not.toContain(password);
    }
  },
);
