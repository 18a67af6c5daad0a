import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { cacheDirectory, keptLockFile } from '../../config/paths';
import { Namespace } from '../../local-node/namespace/namespace';
import { lockHolder } from '../../machine/lock';
import { descendants, pids } from '../../machine/processes';
import { templateFile } from '../../template/template';

const ROOT = join(__dirname, '../..');

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
}

/** A command of the lab that runs. */
export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Until the output holds the text; rejects where the command ends without it. */
  seen(text: string): Promise<void>;
}

/**
 * A copy of the working tree with a local node of its own. For simulated guests the template is an empty disk, since
 * nothing boots from it; real ones use the template of this user, and what the copy says can be followed.
 */
export class LabCopy {
  readonly directory = mkdtempSync(join(tmpdir(), 'lab-faults-'));
  readonly state = join(this.directory, '.lab/node');
  readonly home = join(this.directory, '.lab/home');
  private readonly environment: NodeJS.ProcessEnv;
  private readonly begun: Running[] = [];

  constructor(
    readonly port: number,
    readonly sshPort: number,
    private readonly guests: 'simulated' | 'real' = 'simulated',
  ) {
    const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], {
      cwd: ROOT,
    });
    const present = files
      .toString()
      .split('\0')
      .filter((file) => existsSync(join(ROOT, file)));
    const archive = execFileSync('tar', ['--create', `--directory=${ROOT}`, '--null', '--files-from=-'], {
      input: present.join('\0'),
      maxBuffer: 2 ** 28,
    });
    execFileSync('tar', ['--extract'], { cwd: this.directory, input: archive });
    // Terraform's lock file as set-up made it, which main.ts puts in its place.
    const kept = relative(ROOT, keptLockFile());
    mkdirSync(join(this.directory, kept, '..'), { recursive: true });
    copyFileSync(join(ROOT, kept), join(this.directory, kept));
    for (const name of ['node_modules', '.gen']) symlinkSync(join(ROOT, name), join(this.directory, name));
    const cache =
      guests === 'real' ? join(cacheDirectory(process.env), '..') : join(this.directory, '.lab/cache');
    // The provider keeps every host key that it meets in ~/.ssh/known_hosts: not in that of whoever runs the tests.
    const { home } = this;
    mkdirSync(home, { recursive: true });
    for (const name of ['.terraform.d', '.terraformrc', '.tofurc']) {
      if (existsSync(join(homedir(), name))) symlinkSync(join(homedir(), name), join(home, name));
    }
    this.environment = {
      ...process.env,
      // Where npm leaves them for its scripts, they would say that this test is one of those.
      npm_lifecycle_event: undefined,
      PROXMOX_VE_ENDPOINT: undefined,
      LAB_NODE_STATE: undefined,
      LAB_GUESTS: undefined,
      HOME: home,
      XDG_DATA_HOME: undefined,
      XDG_CACHE_HOME: cache,
      LAB_NODE_PORT: String(port),
      LAB_NODE_SSH_PORT: String(sshPort),
      NO_COLOR: '1',
    };
    if (guests === 'simulated') this.makeEmptyTemplate();
  }

  /** In place of the template that commands with this environment use. */
  makeEmptyTemplate(environment: NodeJS.ProcessEnv = {}): void {
    const { path, manifestPath, archivePath } = templateFile({ ...this.environment, ...environment });
    mkdirSync(join(path, '..'), { recursive: true });
    execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', path, '64M']);
    writeFileSync(manifestPath, JSON.stringify({ moodle: { baked: true } }));
    writeFileSync(archivePath, 'an archive of nothing');
  }

  /** Starts `npm ARGS` in a process group of its own, as a shell does. */
  npm(args: readonly string[], environment: NodeJS.ProcessEnv = {}): Running {
    return this.begin(['npm', ...args], environment);
  }

  /** Starts `npm ARGS` in a terminal, which is closed by SIGKILL to the process that is returned. */
  npmInTerminal(args: readonly string[], environment: NodeJS.ProcessEnv = {}): Running {
    const command = ['npm', ...args].join(' ');
    return this.begin(['script', '--quiet', '--flush', '--command', command, '/dev/null'], environment);
  }

  /** What `npm ARGS` prints, which is shown nowhere: it may be a password. */
  quietly(...args: readonly string[]): string {
    return execFileSync('npm', args, { cwd: this.directory, env: this.environment, encoding: 'utf8' });
  }

  private begin([program = '', ...args]: readonly string[], environment: NodeJS.ProcessEnv = {}): Running {
    const child = spawn(program, args, {
      cwd: this.directory,
      env: { ...this.environment, ...environment },
      // script ends where there is nothing to read.
      stdio: [program === 'script' ? 'pipe' : 'ignore', 'pipe', 'pipe'],
      detached: true,
    });
    let output = '';
    const listeners = new Set<() => void>();
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        output += chunk.toString();
        if (this.guests === 'real') process.stderr.write(chunk);
        for (const listener of listeners) listener();
      });
    }
    const ended = new Promise<Ended>((resolve) =>
      child.once('close', (code, signal) => resolve({ code, signal, output })),
    );
    const seen = (text: string) =>
      new Promise<void>((resolve, reject) => {
        const look = () => output.includes(text) && resolve();
        listeners.add(look);
        look();
        void ended.then(() => reject(new Error(`ended without "${text}":\n${output}`)));
      });
    const running = { child, ended, seen };
    this.begun.push(running);
    return running;
  }

  start(...args: readonly string[]): Running {
    return this.npm(['start', '--', '--engine', 'simulated', '--yes', ...args]);
  }

  /** The local node described as if it were somebody's Proxmox VE node. */
  asProxmox(): NodeJS.ProcessEnv {
    return {
      PROXMOX_VE_ENDPOINT: `https://127.0.0.1:${this.port}`,
      PROXMOX_VE_API_TOKEN: this.token(),
      SSL_CERT_FILE: join(this.state, 'etc/pve/local/pve-ssl.pem'),
      PROXMOX_VE_SSH_USERNAME: 'root',
      PROXMOX_VE_SSH_PRIVATE_KEY: readFileSync(join(this.state, 'ssh/id_ecdsa'), 'utf8'),
      LAB_SSH_PORT: String(this.sshPort),
    };
  }

  token(): string {
    return readFileSync(join(this.state, 'token'), 'utf8').trim();
  }

  /** What only the node's own files may hold: the token and, of each private key, a line. */
  secrets(): string[] {
    const keys = ['ssh/id_ecdsa', 'etc/pve/local/pve-ssl.key'].map((file) => join(this.state, file));
    const secrets = [
      this.token().split('=')[1] ?? '',
      ...keys.map((file) => readFileSync(file, 'utf8').split('\n')[1] ?? ''),
    ];
    if (secrets.some((secret) => secret.length < 32))
      throw new Error('a secret of the node is too short to be one');
    return secrets;
  }

  /** What a run writes for people and for Terraform, by its path: logs, consoles of guests, state, results and reports. */
  records(): [string, string][] {
    const files = ['.lab/log', '.lab/node/log', 'cdktf.out', 'results'].flatMap((directory) =>
      filesIn(join(this.directory, directory)),
    );
    const state = ['terraform.lab.tfstate', 'terraform.lab.tfstate.backup'];
    return [...files.map((file) => relative(this.directory, file)), ...state].map((file) => [
      file,
      readIfThere(join(this.directory, file)),
    ]);
  }

  /** Number of resources in Terraform's state. */
  deployed(): number {
    const file = join(this.directory, 'terraform.lab.tfstate');
    if (!existsSync(file)) return 0;
    const { resources } = JSON.parse(readFileSync(file, 'utf8')) as { resources: { mode: string }[] };
    return resources.filter(({ mode }) => mode === 'managed').length;
  }

  /** Whether neither a node nor anything in its namespace runs. */
  async isDown(): Promise<boolean> {
    if (!existsSync(this.state)) return true;
    return lockHolder(this.state) === undefined && Namespace.find(this.state) === undefined;
  }

  nodePid(): number {
    const { pid } = JSON.parse(readFileSync(join(this.state, 'connection.json'), 'utf8')) as { pid: number };
    return pid;
  }

  /** The programs at work in this copy, those of its local node excepted, by their command lines. */
  programs(): { readonly pid: number; readonly commandLine: string }[] {
    const node = readIfThere(join(this.state, 'connection.json')) === '' ? [] : [this.nodePid()];
    const ofNode = new Set(node.flatMap((pid) => [pid, ...descendants(pid).map((child) => child.pid)]));
    return pids().flatMap((pid) => {
      const commandLine = readIfThere(`/proc/${pid}/cmdline`).split('\0').join(' ').trim();
      const here = commandLine.includes(this.directory) || workingDirectory(pid).startsWith(this.directory);
      const mine = pid === process.pid || ofNode.has(pid) || commandLine.startsWith('pve-lab-namespace');
      return here && !mine ? [{ pid, commandLine }] : [];
    });
  }

  /** Ends whatever a test has left. */
  async remove(): Promise<void> {
    for (const { child, ended } of this.begun) {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
      await ended;
    }
    await this.npm(['run', 'node', '--', 'down', '--purge']).ended;
    rmSync(this.directory, { recursive: true, force: true });
  }
}

function filesIn(directory: string): string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith('terraform-provider'))
    .map((entry) => join(entry.parentPath, entry.name));
}

function workingDirectory(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return '';
  }
}

/** Empty where there is no such file, or no longer. */
export function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** Holds a program's own processes where they are, for as long as `work` takes; what it has started goes on. */
export async function heldStill(pids: readonly number[], work: () => Promise<void>): Promise<void> {
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
  try {
    await work();
  } finally {
    for (const pid of pids) process.kill(pid, 'SIGCONT');
  }
}

/** What Ctrl-C in a terminal does. */
export function interrupt({ child }: Running): void {
  if (child.pid !== undefined) process.kill(-child.pid, 'SIGINT');
}
