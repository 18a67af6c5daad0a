import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(__dirname, '../..');
const directory = mkdtempSync(join(tmpdir(), 'routes-'));
afterAll(() => rmSync(directory, { recursive: true }));

/** Synthesizes the lab on a machine, a network namespace, that has a route to the network of its servers. */
function synth(): Promise<{ readonly code: unknown; readonly said: string }> {
  const script = 'ip link set lo up && ip route add 192.168.10.0/24 dev lo && exec "$@"';
  const command = [
    process.execPath,
    '--import',
    join(root, 'node_modules/tsx/dist/loader.mjs'),
    join(root, 'main.ts'),
  ];
  const env = {
    ...process.env,
    PROXMOX_VE_ENDPOINT: undefined,
    TSX_TSCONFIG_PATH: join(root, 'tsconfig.json'),
    CDKTF_OUTDIR: join(directory, 'out'),
  };
  return new Promise((resolve) => {
    execFile(
      'unshare',
      ['--user', '--map-root-user', '--net', 'sh', '-c', script, 'sh', ...command],
      { cwd: directory, env },
      (error, stdout, stderr) => resolve({ code: error?.code ?? 0, said: stdout + stderr }),
    );
  });
}

test('a lab with a network of this machine is refused until it is there, and then can be destroyed', async () => {
  const { code, said } = await synth();
  expect(said).toMatch(
    /lab\.yaml:\d+:\d+ {2}networks\.servers\.cidr: .* to which this machine has a route \(lo\)/,
  );
  expect(code).toBe(2);

  const state = {
    version: 4,
    resources: [{ mode: 'managed', type: 'terraform_data', name: 'before', instances: [] }],
  };
  writeFileSync(join(directory, 'terraform.lab.tfstate'), JSON.stringify(state));
  expect(await synth()).toEqual({ code: 0, said: '' });
});
