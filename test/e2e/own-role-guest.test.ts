import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { type Ended, LabCopy } from './lab-copy';

/**
 * The role of docs/how-to/your-own-application.md on a real guest: its packages in a template, its installation, its page
 * in the guest and on this machine. The template stays in the user's cache; to make it takes minutes, once.
 */
const MINUTES = 60_000;
jest.setTimeout(20 * MINUTES);

const lab = new LabCopy(18_016, 18_032, 'real');
const place = join(lab.directory, '.lab/my-lab');
const environment = { LAB_FILE: join(place, 'lab.yaml') };
const npm = (...args: string[]): Promise<Ended> => lab.npm(args, environment).ended;

beforeAll(() => {
  mkdirSync(place, { recursive: true });
  cpSync(join(__dirname, '../fixtures/own-role/roles'), join(place, 'roles'), { recursive: true });
  const text = readFileSync(join(lab.directory, 'lab.yaml'), 'utf8');
  const guests = [{ name: 'wiki', role: 'dokuwiki', vmid: 9133, address: '192.168.10.30', image: 'debian' }];
  writeFileSync(environment.LAB_FILE, stringify({ ...(parse(text) as object), guests }));
});
afterAll(() => lab.remove());

test("an application of one's own is installed in a real guest, and answers there and at its port on loopback", async () => {
  const commands = [
    ['run', 'template'],
    ['run', 'node', '--', 'up'],
    ['exec', '--', 'cdktf', 'deploy', '--auto-approve'],
  ];
  for (const command of commands) {
    const { code, output } = await npm(...command);
    expect({ command, code, output }).toEqual({ command, code: 0, output: expect.any(String) });
  }
  const page = '/doku.php?id=bridges';
  const inGuest = await npm('run', 'shell', '--', 'wiki', '--', 'curl', '-sS', `http://127.0.0.1${page}`);
  expect(inGuest.output).toContain('Virtualization Lab DokuWiki');
  expect(inGuest.code).toBe(0);
  const opened = await npm('run', 'open', '--', 'wiki');
  const address = 'http://127.0.0.1:29133';
  expect(opened.output).toContain(address);
  const forwarded = await fetch(`${address}${page}`);
  expect(await forwarded.text()).toContain('Virtualization Lab DokuWiki');

  expect((await npm('exec', '--', 'cdktf', 'destroy', '--auto-approve')).code).toBe(0);
  expect(lab.deployed()).toBe(0);
});
