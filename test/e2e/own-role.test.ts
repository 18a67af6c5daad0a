import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { readTarget } from '../../config/load-target';
import { ApiClient } from '../../proxmox/api-client';
import { type Ended, LabCopy, readIfThere } from './lab-copy';

/** The role of docs/how-to/your-own-application.md, beside a lab.yaml outside of the project's own directory. */
const MINUTES = 60_000;
jest.setTimeout(5 * MINUTES);

const lab = new LabCopy(18206, 18222);
const place = join(lab.directory, '.lab/my-lab');
const environment = { LAB_FILE: join(place, 'lab.yaml') };

const npm = (...args: string[]): Promise<Ended> => lab.npm(args, environment).ended;
const cdktf = (command: string): Promise<Ended> => npm('exec', '--', 'cdktf', command, '--auto-approve');

beforeAll(() => {
  mkdirSync(place, { recursive: true });
  cpSync(join(__dirname, '../fixtures/own-role/roles'), join(place, 'roles'), { recursive: true });
  const text = readFileSync(join(lab.directory, 'lab.yaml'), 'utf8');
  const guests = [{ name: 'wiki', role: 'dokuwiki', vmid: 130, address: '192.168.10.30', image: 'debian' }];
  writeFileSync(environment.LAB_FILE, stringify({ ...(parse(text) as object), guests }));
  lab.makeEmptyTemplate(environment);
});
afterAll(() => lab.remove());

test('an own role is deployed like those of the lab, and destroyed', async () => {
  expect((await npm('run', 'setup')).code).toBe(0);
  expect((await npm('run', 'node', '--', 'up', '--engine', 'simulated')).code).toBe(0);
  const deployed = await cdktf('deploy');
  expect(deployed.output).toContain('wiki');
  expect(deployed.code).toBe(0);

  const client = new ApiClient(readTarget({ LAB_NODE_STATE: lab.state }, 'pve'));
  try {
    const { tags, cicustom } = await client.get<{ tags: string; cicustom: string }>(
      client.node('qemu/130/config'),
    );
    expect(tags.split(';')).toContain('dokuwiki');
    const [, vendorData = ''] = /vendor=local:(snippets\/[^,]+)/.exec(cicustom) ?? [];
    const sent = readIfThere(join(lab.state, 'storage/local', vendorData));
    const { write_files } = parse(sent) as { write_files: { path: string; content: string }[] };
    const files = new Map(write_files.map(({ path, content }) => [path, content]));
    expect(files.get('/etc/lab/packages.apt')).toMatch(/^dokuwiki$/m);
    const fixture = join(place, 'roles/dokuwiki');
    for (const name of ['install.sh', 'start.txt', 'bridges.txt']) {
      expect(files.get(`/usr/local/lib/lab/${name}`)).toBe(readFileSync(join(fixture, name), 'utf8'));
    }
  } finally {
    await client.close();
  }

  expect((await cdktf('destroy')).code).toBe(0);
  expect(lab.deployed()).toBe(0);
});

test('a fault of the role is told with its place and exit code 2 before anything is touched', async () => {
  const file = join(place, 'roles/dokuwiki/role.yaml');
  writeFileSync(file, readFileSync(file, 'utf8').replace('name: DokuWiki', 'name: 7'));
  const { code, output } = await npm('start', '--', '--engine', 'simulated');
  expect(output).toMatch(/roles\/dokuwiki\/role\.yaml:2:7 {2}name: must be text: write it in quotes, "7"/);
  expect(output).not.toMatch(/\n\s+at .+:\d+:\d+/);
  expect(code).toBe(2);
});
