import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { environmentFile, installSources } from '../../cloud-init/render';
import type { Role } from '../../config/role';
import { builtInRoles } from '../../config/roles';

/**
 * A guest's root file system, as far as the install scripts need one, in a temporary directory. The commands that need a
 * real guest are replaced by stubs that note how they were called.
 */
export class GuestRoot {
  readonly directory = mkdtempSync(join(tmpdir(), 'guest-root-'));

  constructor() {
    this.write('etc/lab/packages.apt', '');
    for (const name of ['apt-get', 'dpkg', 'systemctl', 'chown', 'sync']) this.stub(name);
    this.stub('mariadb', 'case "$*" in *information_schema*) echo 0 ;; esac');
    this.stub('runuser', 'shift 3; "$@"');
    this.stub('install', `cp "\${@: -2}"`);
    this.stub(
      'curl',
      'case "$*" in *127.0.0.1*) echo "<title>Title of the site</title>" ;; *) echo "curl: (6) no such host" >&2; exit 6 ;; esac',
    );
  }

  path(path: string): string {
    return join(this.directory, path);
  }

  write(path: string, content: string, mode = 0o644): void {
    mkdirSync(dirname(this.path(path)), { recursive: true });
    writeFileSync(this.path(path), content);
    chmodSync(this.path(path), mode);
  }

  read(path: string): string {
    return readFileSync(this.path(path), 'utf8');
  }

  mode(path: string): number {
    return statSync(this.path(path)).mode & 0o777;
  }

  stub(name: string, body = ''): void {
    const note = `printf '%s\\n' "${name} $*" >>"${this.path('calls')}"`;
    this.write(`bin/${name}`, `#!/bin/bash\n${note}\n${body}\n`, 0o755);
  }

  /** Every call of a stub, a line each. */
  calls(): string {
    return existsSync(this.path('calls')) ? this.read('calls') : '';
  }

  status(): unknown {
    return JSON.parse(this.read('var/lib/lab/status.json'));
  }

  /** Runs an install script; what it looks for in /srv it finds in a copy of the guest's. */
  run(
    role: string | Role,
    parameters: Record<string, string> = {},
  ): { status: number | null; output: string } {
    const given = {
      LAB_NAME: 'guest',
      LAB_ADDRESS: '192.168.10.16',
      LAB_FORWARDED: '127.0.0.1:20116',
      LAB_TITLE: 'Title of the site',
    };
    this.write(
      'etc/lab/guest.env',
      environmentFile({ ...given, LAB_REQUIRE_APPLICATION: '0', ...parameters }),
    );
    mkdirSync(this.path('srv'), { recursive: true });
    const inside = 'mount -t tmpfs tmpfs /srv && cp -r "$LAB_ROOT/srv/." /srv && exec bash "$0"';
    const known = typeof role === 'string' ? builtInRoles().get(role) : role;
    if (!known) throw new Error(`there is no role ${role}`);
    mkdirSync(this.path('usr/local/lib/lab'), { recursive: true });
    for (const source of installSources(known)) {
      copyFileSync(source, this.path(`usr/local/lib/lab/${basename(source)}`));
    }
    const script = this.path('usr/local/lib/lab/install.sh');
    const result = spawnSync('unshare', ['--mount', '--map-root-user', '--', 'bash', '-c', inside, script], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: `${this.path('bin')}:/usr/sbin:/usr/bin:/sbin:/bin`, LAB_ROOT: this.directory },
    });
    return { status: result.status, output: result.stdout + result.stderr };
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}
