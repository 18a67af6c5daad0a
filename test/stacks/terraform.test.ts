/** The synthesized stack in Terraform's own hands. Nothing is downloaded: set-up has put the provider into its mirror. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { guestUserData, roleVendorData } from '../../cloud-init/render';
import { loadRole } from '../../config';
import { terraformCommand } from '../../setup/provider';
import { quoted } from '../../stacks/quoted';
import { labWith, synthesized, synthesizedText } from './synthesized';

jest.setTimeout(60_000);

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'stack-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function terraform(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const command = terraformCommand();
  if (!command) throw new Error('neither terraform nor tofu is on PATH');
  return spawnSync(command, args, {
    cwd: directory,
    encoding: 'utf8',
    env: { ...process.env, CHECKPOINT_DISABLE: '1', TF_IN_AUTOMATION: '1' },
  });
}

test.each([
  ['template', 'import'],
  ['cloud', 'import'],
  ['template', 'linked-clone'],
  ['cloud', 'full-clone'],
])('Terraform finds the stack valid with images: %s, %s', (source, deploy) => {
  const lab = labWith((draft) => {
    Object.assign(draft.images, { source, deploy, templateVmid: 9000 });
    draft.networks.servers.rateBitsPerSecond = 100_000_000;
    Object.assign(draft.node, {
      timeZone: 'Europe/Madrid',
      dns: { domain: 'example.org', servers: ['192.0.2.53'] },
      hosts: [{ address: '127.0.0.1', names: ['localhost', 'pve'] }],
      storageContent: ['snippets', 'import'],
    });
  });
  writeFileSync(join(directory, 'cdk.tf.json'), synthesizedText(lab));
  expect(terraform('init', '-backend=false', '-input=false', '-no-color')).toMatchObject({ status: 0 });
  expect(JSON.parse(terraform('validate', '-json').stdout)).toMatchObject({ valid: true, diagnostics: [] });
});

test('Terraform finds the stack of guests on several nodes valid', () => {
  const lab = labWith((draft) => {
    Object.assign(draft.guests[0] ?? {}, { node: 'pve2' });
    Object.assign(draft.node, { storageContent: ['snippets', 'import'] });
    draft.nodes = { pve2: { bridges: { servers: 'vmbr11' }, ssh: { address: '192.0.2.12' } } };
  });
  const ssh = { address: '192.0.2.11', port: 22, username: 'root', agent: true };
  const connection = { kind: 'proxmox', endpoint: 'https://192.0.2.11:8006', insecure: false, ssh } as const;
  writeFileSync(join(directory, 'cdk.tf.json'), synthesizedText(lab, { connection }));
  expect(terraform('init', '-backend=false', '-input=false', '-no-color')).toMatchObject({ status: 0 });
  expect(JSON.parse(terraform('validate', '-json').stdout)).toMatchObject({ valid: true, diagnostics: [] });
});

test('user data reaches the node as it was rendered, whatever the scripts in it hold', () => {
  const lab = labWith();
  const { resource } = synthesized(lab);
  const outputs = Object.fromEntries(
    Object.values(resource.proxmox_virtual_environment_file ?? {}).flatMap((file) => {
      const raw = file.source_raw as { file_name: string; data: string } | undefined;
      return raw ? [[raw.file_name.replace('.yaml', ''), { value: raw.data, sensitive: true }]] : [];
    }),
  );
  const hostile = `\${name} $\${name} %{if} %%{ "quoted" 'single' back\\slash \\n \t tab, é, 😀, \u2028, \u0001\n`;
  outputs.hostile = { value: `\${${quoted(hostile)}}`, sensitive: true };
  writeFileSync(join(directory, 'outputs.tf.json'), JSON.stringify({ output: outputs }));
  expect(terraform('apply', '-auto-approve', '-no-color')).toMatchObject({ status: 0 });
  const given = JSON.parse(terraform('output', '-json').stdout) as Record<string, { value: string }>;
  const rendered = lab.guests.flatMap(({ name, role, address, vmid }) => [
    `${guestUserData({ name, title: loadRole({ role }).title, address, forwarded: `127.0.0.1:${20_000 + vmid}`, requireApplication: false })}# The disk is of local:import/lab-0a1b2c3d-template-abc.qcow2\n`,
    roleVendorData(loadRole({ role })),
  ]);
  expect(new Set(Object.values(given).map(({ value }) => value))).toEqual(new Set([hostile, ...rendered]));
});

test.each([
  ['pasta', { wayOut: { tool: 'pasta' } }, ''],
  ['simulated guests', {}, ''],
  ['no uplink', { wayOut: { reason: 'pasta: not installed' } }, 'no uplink (pasta: not installed)'],
])('with %s cloud images are deployed or refused when Terraform plans', (_, connection, refusal) => {
  const file = join(directory, 'connection.json');
  writeFileSync(file, JSON.stringify(connection));
  const lab = labWith((draft) => {
    draft.images.source = 'cloud';
  });
  const [vms] = Object.values(synthesized(lab).data.proxmox_virtual_environment_vms ?? {});
  const { precondition } = JSON.parse(JSON.stringify(vms?.lifecycle).replace(/local\.[\w-]+/g, 'local.file'));
  const guarded = {
    locals: { file },
    resource: {
      terraform_data: {
        guarded: { lifecycle: { precondition } },
      },
    },
  };
  const own = mkdtempSync(join(directory, 'way-out-'));
  writeFileSync(join(own, 'main.tf.json'), JSON.stringify(guarded));
  const { status, stderr } = terraform(`-chdir=${own}`, 'plan', '-no-color', '-input=false');
  const words = stderr.replace(/[\s│]+/g, ' ');
  expect({ status, refused: words.includes('have no uplink') }).toEqual({
    status: refusal ? 1 : 0,
    refused: refusal !== '',
  });
  expect(words).toContain(refusal);
});
