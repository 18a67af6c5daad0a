import { TerraformOutput } from 'cdktf';
import { Construct } from 'constructs';
import type { ProviderConnection } from '../config';
import { applicationAddress, localPort } from '../config/application-address';
import type { Guest, Lab } from '../config/lab';
import type { Roles } from '../config/roles';

export interface LabOutputsProps {
  readonly lab: Lab;
  readonly roles: Roles;
  readonly connection: ProviderConnection;
  /** Whether this machine has a route of its own to an address: then no tunnel is needed. */
  readonly isRouted: (address: string) => boolean;
}

/** Name of the output that people read: a line for each guest. */
export const OPEN_OUTPUT = 'open';

/**
 * What a deployment says at its end, and `npx cdktf output` whenever it is asked: where each application opens, and how
 * to get into its guest. Nothing in it is secret; the login is read from the guest when a person asks for it.
 */
export class LabOutputs extends Construct {
  constructor(scope: Construct, id: string, props: LabOutputsProps) {
    super(scope, id);
    const { guests } = props.lab;
    const values = guests.map((guest) => [guest.name, outputOf(guest, props)] as const);
    this.output('guests', Object.fromEntries(values));
    const rows = values.map(([name, { vmid, node, lab, open }]) => [name, String(vmid), node, lab, open]);
    this.output(OPEN_OUTPUT, ['', ...columns([HEADS, ...rows]), ...HOW].join('\n'));
  }

  private output(name: string, value: unknown): void {
    new TerraformOutput(this, name, { value }).overrideLogicalId(name);
  }
}

const HEADS = ['guest', 'vmid', 'node', 'in the lab', 'in a browser here'];

const HOW = [
  'Open one:   npm run open -- GUEST',
  'Its login:  npm run credentials -- GUEST',
  'A shell:    npm run shell -- GUEST',
  'The node:   npm run open -- node',
];

/** Lines without a frame, which terminals of 80 columns do not break. The last cell is as wide as it likes. */
function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = HEADS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row.map((cell, column) => (column < row.length - 1 ? cell.padEnd(widths[column] ?? 0) : cell)).join('  '),
  );
}

interface GuestOutput {
  readonly vmid: number;
  readonly node: string;
  /** The application's address in the lab. */
  readonly lab: string;
  /** The same in a browser of this machine, or what makes it answer there. */
  readonly open: string;
  /** Its place in the node's page, where its screen and its terminal are; the page asks for a login. */
  readonly console: string;
  readonly login: string;
  /** Only where open needs it. */
  readonly tunnel?: string;
}

function outputOf(guest: Guest, props: LabOutputsProps): GuestOutput {
  const { lab, roles, connection } = props;
  const role = roles.get(guest.role);
  if (!role) throw new Error(`guest ${guest.name} has the role ${guest.role}, which is not given`);
  const address = applicationAddress(lab, guest, role);
  const node = guest.node ?? lab.nodeName;
  const here = `http://${address.onThisMachine}/`;
  const common = {
    vmid: guest.vmid,
    node,
    lab: `http://${address.inLab}/`,
    login: `npm run credentials -- ${guest.name}`,
  };
  if (connection.kind === 'local') {
    const known = `jsondecode(file(${JSON.stringify(connection.connectionFile)}))`;
    const forwards = `try(${known}.forwards, false)`;
    return {
      ...common,
      open: `\${${forwards} ? "${here}" : "not forwarded by the local node: its guests are simulated, or it was brought up with --no-forward"}`,
      console: `\${try("\${${known}.endpoint}/#/guests/${guest.vmid}", "the local node is not up")}`,
    };
  }
  const page = `${connection.endpoint}/?${new URLSearchParams({
    ...(guest.kind === 'vm' ? { console: 'kvm', novnc: '1' } : { console: 'lxc', xtermjs: '1' }),
    ...{ vmid: String(guest.vmid), vmname: guest.name, node, resize: 'off' },
  })}`;
  if (props.isRouted(guest.address)) return { ...common, open: common.lab, console: page };
  const tunnel = sshTunnel(guest, role.port, props, connection);
  return { ...common, open: `${here} while this runs: ${tunnel}`, console: page, tunnel };
}

/** The line that makes the application answer on this machine, through the guest's node. */
function sshTunnel(
  { vmid, address, node }: Guest,
  port: number,
  { lab }: Pick<LabOutputsProps, 'lab'>,
  { ssh }: ProviderConnection & { kind: 'proxmox' },
): string {
  // Of a node that is not named in lab.yaml nothing but its name is known here.
  const other = node === undefined ? undefined : (lab.nodes?.[node]?.ssh ?? { address: node, port: 22 });
  const { address: host, port: sshPort } = other ?? ssh;
  const ports = `127.0.0.1:${localPort(vmid, lab.localPorts)}:${address}:${port}`;
  return `ssh -N -L ${ports}${sshPort === 22 ? '' : ` -p ${sshPort}`} ${ssh.username}@${host}`;
}
