import { Testing } from 'cdktf';
import type { ProviderConnection } from '../../config';
import type { Lab } from '../../config/lab';
import { builtInRoles } from '../../config/roles';
import { LabOutputs } from '../../stacks/outputs';
import { labWith, localConnection } from './synthesized';

const proxmox: ProviderConnection = {
  ...{ kind: 'proxmox', endpoint: 'https://pve.example.org:8006', insecure: false },
  ssh: { address: 'pve.example.org', port: 2222, username: 'root', agent: false },
};

interface Outputs {
  readonly guests: { readonly value: Readonly<Record<string, Readonly<Record<string, unknown>>>> };
  readonly open: { readonly value: string };
}

function outputs(lab: Lab, connection: ProviderConnection, routed: readonly string[] = []): Outputs {
  const text = Testing.synthScope((scope) => {
    new LabOutputs(scope, 'outputs', {
      ...{ lab, connection, roles: builtInRoles() },
      isRouted: (address) => routed.includes(address),
    });
  });
  return (JSON.parse(text) as { output: Outputs }).output;
}

test('a deployment says for each guest where it opens, its address in the lab, and how to get its login', () => {
  const { guests, open } = outputs(labWith(), localConnection);
  expect(guests.value.wordpress).toEqual({
    vmid: 129,
    node: 'pve',
    lab: 'http://192.168.10.29/',
    open: expect.stringContaining('"http://127.0.0.1:20129/"'),
    console: `\${try("\${jsondecode(file("/state of node/connection.json")).endpoint}/#/guests/129", "the local node is not up")}`,
    login: 'npm run credentials -- wordpress',
  });
  expect(open.value.trim().split('\n')).toEqual([
    'guest      vmid  node  in the lab             in a browser here',
    expect.stringMatching(/^wordpress {2}129 {3}pve {3}http:\/\/192\.168\.10\.29\/ {2}\$\{/),
    expect.stringMatching(/^moodle {5}116 {3}pve /),
    expect.stringMatching(/^mediawiki {2}128 {3}pve /),
    'Open one:   npm run open -- GUEST',
    'Its login:  npm run credentials -- GUEST',
    'A shell:    npm run shell -- GUEST',
    'The node:   npm run open -- node',
  ]);
});

test('whether the local node forwards is read from its connection file when Terraform plans', () => {
  const { guests } = outputs(labWith(), localConnection);
  expect(guests.value.moodle?.open).toBe(
    `\${try(jsondecode(file("/state of node/connection.json")).forwards, false) ? "http://127.0.0.1:20116/" : "not forwarded by the local node: its guests are simulated, or it was brought up with --no-forward"}`,
  );
});

test('of a guest on a Proxmox VE node it gives the console page, and the line for a tunnel', () => {
  const { guests } = outputs(labWith(), proxmox);
  const tunnel = 'ssh -N -L 127.0.0.1:20129:192.168.10.29:80 -p 2222 root@pve.example.org';
  expect(guests.value.wordpress).toMatchObject({
    open: `http://127.0.0.1:20129/ while this runs: ${tunnel}`,
    console:
      'https://pve.example.org:8006/?console=kvm&novnc=1&vmid=129&vmname=wordpress&node=pve&resize=off',
    tunnel,
  });
});

test('a guest to which this machine has a route opens at its own address', () => {
  const { guests } = outputs(labWith(), proxmox, ['192.168.10.29']);
  expect(guests.value.wordpress).toMatchObject({ open: 'http://192.168.10.29/' });
  expect(guests.value.wordpress).not.toHaveProperty('tunnel');
});

test("a tunnel to a guest on another node goes through that node's own SSH", () => {
  const lab = labWith((draft) => {
    Object.assign(draft.guests[0] ?? {}, { node: 'pve2' });
    draft.nodes = { pve2: { ssh: { address: '192.0.2.12', port: 22 } } };
  });
  expect(outputs(lab, proxmox).guests.value.wordpress?.tunnel).toMatch(/80 root@192\.0\.2\.12$/);
});

test('no secret of the environment is in the outputs, and lab.yaml says where the ports begin', () => {
  const lab = { ...labWith(), localPorts: 50_000 } as Lab;
  const text = JSON.stringify(outputs(lab, proxmox));
  expect(text).toContain('127.0.0.1:50129');
  expect(text).not.toMatch(/token|password|key/i);
});

test('the console of a container is a terminal, and not a screen', () => {
  const lab = labWith((draft) => {
    draft.guests = draft.guests.map((guest: object) => ({ ...guest, kind: 'container' }));
  });
  expect(outputs(lab, proxmox).guests.value.wordpress?.console).toBe(
    'https://pve.example.org:8006/?console=lxc&xtermjs=1&vmid=129&vmname=wordpress&node=pve&resize=off',
  );
});
