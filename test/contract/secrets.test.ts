import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { readTarget } from '../../config/load-target';
import { coreLimit } from '../../machine/core-dumps';
import { pids } from '../../machine/processes';
import { ApiClient } from '../../proxmox/api-client';
import { LabCopy, readIfThere } from '../e2e/lab-copy';

/**
 * A whole `npm start` against a node that is somebody's own, with canaries for all that one logs in by and all that the
 * node itself holds. Whoever else is on the machine sees the arguments of processes and the files that everybody may
 * read; results, reports, logs, state and plan are handed on. With simulated guests the deployment fails at the last
 * stage, so that errors are among what is looked at.
 */
jest.setTimeout(180_000);

const CANARIES = {
  PROXMOX_VE_PASSWORD: 'canary-password-of-ann',
  PROXMOX_VE_SSH_PASSWORD: 'canary-password-of-ssh',
};

const lab = new LabCopy(18_606, 18_622);

beforeAll(async () => {
  // Where core dumps are wanted on this machine, those of the lab are still not; where they are forbidden, they stay so.
  spawnSync('prlimit', ['--pid', String(process.pid), '--core=unlimited']);
  const file = join(lab.directory, 'lab.yaml');
  const lines = readFileSync(file, 'utf8').split('\n');
  writeFileSync(file, lines.filter((line) => !/name: (moodle|mediawiki),/.test(line)).join('\n'));
  const up = await lab.npm(['run', 'node', '--', 'up', '--engine', 'simulated']).ended;
  expect(up.code).toBe(0);
  const client = new ApiClient(readTarget({ LAB_NODE_STATE: lab.state }, 'pve'));
  await client.post('access/users', { userid: 'ann@pve', password: CANARIES.PROXMOX_VE_PASSWORD });
  await client.put('access/acl', { path: '/', roles: 'Administrator', users: 'ann@pve' });
  await client.close();
  // A person has seen to the host key before.
  mkdirSync(join(lab.home, '.ssh'), { recursive: true });
  const hostKey = execFileSync('ssh-keygen', ['-y', '-f', keyFiles().find((one) => /host_/.test(one)) ?? '']);
  writeFileSync(
    join(lab.home, '.ssh/known_hosts'),
    `[127.0.0.1]:${lab.sshPort} ${hostKey.toString().trim()}\n`,
  );
});

afterAll(() => lab.remove());

/** Of the node, and of its user's data directory, where its host key is. */
function keyFiles(): string[] {
  return [lab.state, lab.home].flatMap((directory) =>
    readdirSync(directory, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /(\.key|^id_[a-z0-9]+|host_[a-z0-9]+)$/.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name)),
  );
}

/** What a person logs in by, and what only the node's own files may hold, each with a name. */
function secrets(): readonly (readonly [string, string])[] {
  const [token = ''] = lab.secrets();
  const keys = keyFiles().map((file) => {
    const [first = '', second] = readFileSync(file, 'latin1').split('\n');
    return [relative(lab.directory, file), second || first] as const;
  });
  const all = [['token', token] as const, ...Object.entries(CANARIES), ...keys];
  for (const [name, secret] of all) if (secret.length < 20) throw new Error(`${name} is no secret`);
  return all;
}

/** Collects what everybody may see of processes, and the last limit of each program of the lab that gets secrets. */
function watchProcesses() {
  const commandLines = new Set<string>();
  const limits = new Map<string, string>();
  const look = () => {
    for (const pid of pids()) {
      const commandLine = readIfThere(`/proc/${pid}/cmdline`).split('\0').join(' ').trim();
      commandLines.add(commandLine);
      if (!/^node .*(bootstrap\.mjs|cdktf|hooks)|^\S*terraform/.test(commandLine)) continue;
      if (!readIfThere(`/proc/${pid}/environ`).includes(CANARIES.PROXMOX_VE_SSH_PASSWORD)) continue;
      limits.set(`${pid} ${commandLine}`, coreLimit(pid) ?? '1');
    }
  };
  const timer = setInterval(look, 50);
  return { commandLines, limits, end: () => clearInterval(timer) };
}

interface Place {
  /** Below the copy. */
  readonly path: string;
  readonly content: string;
}

/** All files of the copy but those of the node and its own key, plans unpacked. */
function places(): Place[] {
  return readdirSync(lab.directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith('terraform-provider'))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) => ({ path: relative(lab.directory, file), content: contentOf(file) }))
    .filter(({ path }) => !/^(test|\.lab\/node)\//.test(path) && !path.endsWith('/ssh_host_ecdsa'));
}

function contentOf(file: string): string {
  const content = readIfThere(file);
  if (!content.startsWith('PK\u0003\u0004')) return content;
  const unpack =
    'import sys,zipfile\nz=zipfile.ZipFile(sys.argv[1])\nfor n in z.namelist(): sys.stdout.buffer.write(z.read(n))';
  // Empty where it has gone meanwhile.
  return spawnSync('python3', ['-c', unpack, file], { maxBuffer: 2 ** 28 }).stdout.toString('latin1');
}

test.each(['token', 'password'] as const)('a deployment by %s leaves its secrets nowhere', async (login) => {
  const by = login === 'token' ? {} : { PROXMOX_VE_API_TOKEN: undefined, PROXMOX_VE_USERNAME: 'ann@pve' };
  const processes = watchProcesses();
  try {
    const run = lab.npm(['start', '--', '--yes'], { ...lab.asProxmox(), ...CANARIES, ...by });
    await run.seen('== Destroy');
    const during = places();
    const { output } = await run.ended;
    expect(output).toContain('Nothing of the lab is on the node.');
    expect(during.map(({ path }) => path)).toEqual(
      expect.arrayContaining([
        'terraform.lab.tfstate',
        '.lab/log/cdktf-deploy.log',
        'cdktf.out/stacks/lab/cdk.tf.json',
      ]),
    );
    const seen = [
      { path: 'output', content: output },
      ...[...processes.commandLines].map((content) => ({ path: `arguments: ${content}`, content })),
      ...during,
      ...places(),
    ];
    const found = seen.flatMap(({ path, content }) =>
      secrets().flatMap(([name, secret]) => (content.includes(secret) ? [`${name} in ${path}`] : [])),
    );
    expect(found).toEqual([]);
    expect(processes.limits.size).toBeGreaterThan(0);
    expect([...processes.limits].filter(([, limit]) => limit !== '0' && limit !== '1')).toEqual([]);
  } finally {
    processes.end();
  }
});

test('what the node keeps is for its owner alone', () => {
  const holders = readdirSync(lab.state, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => secrets().some(([, secret]) => readFileSync(file, 'latin1').includes(secret)));
  expect(holders.length).toBeGreaterThan(0);
  expect(holders.filter((file) => (statSync(file).mode & 0o077) !== 0)).toEqual([]);
});

test('the node, which holds its keys and tokens, writes no core dump', () => {
  expect(['0', '1']).toContain(coreLimit(lab.nodePid()));
});
