/** A simulated guest: what its agent would say. Every file that claims something says "simulated". */

import { parse } from 'yaml';
import { AgentCommandError, type CloudInitFiles, type GuestSpec } from '../guest-engine';
import { linkLocal } from './link-local';
import { defaultFiles, type Exec, type GuestFiles, runSimulated } from './simulated-programs';
import { agentCommands, ROOT, SYSTEM } from './simulated-system';

export class SimulatedGuest {
  private readonly files: Map<string, string>;
  private readonly handles = new Map<
    number,
    { readonly path: string; readonly write: boolean; offset: number }
  >();
  private readonly programs = new Map<number, Exec>();
  private lastNumber = 1000;

  constructor(
    readonly spec: GuestSpec,
    private readonly cloudInit: CloudInitFiles,
    files: GuestFiles,
    private readonly now: () => number,
  ) {
    this.files = new Map(Object.entries({ ...defaultFiles(spec.name), ...files }));
  }

  /** What it knows besides what it was made of. */
  get memory(): GuestFiles {
    return Object.fromEntries(this.files);
  }

  /** Throws AgentCommandError as the agent itself would answer. */
  agent(command: string, args: Readonly<Record<string, unknown>>): unknown {
    switch (command) {
      case 'guest-ping':
        return {};
      case 'guest-info':
        return { version: 'simulated', supported_commands: agentCommands() };
      case 'guest-network-get-interfaces':
        return this.interfaces();
      case 'guest-get-osinfo':
        return SYSTEM;
      case 'guest-get-host-name':
        return { 'host-name': this.spec.name };
      case 'guest-get-time':
        return this.now() * 1_000_000;
      case 'guest-get-timezone':
        return { offset: 0, zone: 'UTC' };
      case 'guest-get-vcpus':
        return Array.from({ length: this.spec.cpus }, (_, id) => ({
          'logical-id': id,
          online: true,
          'can-offline': id > 0,
        }));
      case 'guest-get-users':
        return [];
      case 'guest-get-fsinfo':
        return [ROOT];
      case 'guest-fsfreeze-status':
        return 'thawed';
      case 'guest-fstrim':
        return { paths: [{ path: '/', minimum: 0, trimmed: 0 }] };
      case 'guest-set-user-password':
        return {};
      case 'guest-exec':
        return { pid: this.exec([String(args.path), ...((args.arg as string[] | undefined) ?? [])]) };
      case 'guest-exec-status':
        return this.execStatus(Number(args.pid));
      case 'guest-file-open':
        return this.open(String(args.path), String(args.mode ?? 'r'));
      case 'guest-file-read':
        return this.read(Number(args.handle), Number(args.count ?? 4096));
      case 'guest-file-write':
        return this.write(Number(args.handle), String(args['buf-b64']));
      case 'guest-file-close':
        this.handles.delete(Number(args.handle));
        return {};
      default:
        throw new AgentCommandError(`The command ${command} has not been found`);
    }
  }

  /** lo and every interface of the cloud-init network configuration, version 1. */
  private interfaces(): object[] {
    const counters = ['rx', 'tx'].flatMap((way) =>
      ['bytes', 'packets', 'errs', 'dropped'].map((what) => [`${way}-${what}`, 0] as const),
    );
    const statistics = Object.fromEntries(counters);
    const loopback = {
      name: 'lo',
      'hardware-address': '00:00:00:00:00:00',
      'ip-addresses': [
        { 'ip-address': '127.0.0.1', 'ip-address-type': 'ipv4', prefix: 8 },
        { 'ip-address': '::1', 'ip-address-type': 'ipv6', prefix: 128 },
      ],
      statistics,
    };
    const declared = addressesOf(this.cloudInit['network-config'] ?? '');
    const rest = this.spec.nics.map(({ index, mac, linkDown }) => {
      const own = declared.get(mac.toLowerCase());
      return {
        // What cloud-init is told of it names so; others keep the name of their slot on Proxmox VE.
        name: own ? `eth${index}` : `ens${18 + index}`,
        'hardware-address': mac.toLowerCase(),
        'ip-addresses': [...(own ?? []), ...(linkDown ? [] : [linkLocalAddress(mac)])],
        statistics,
      };
    });
    return [loopback, ...rest];
  }

  private exec(command: readonly string[]): number {
    this.lastNumber += 1;
    this.programs.set(
      this.lastNumber,
      runSimulated(this.spec.name, (path) => this.files.get(path), command),
    );
    return this.lastNumber;
  }

  private execStatus(pid: number): object {
    const program = this.programs.get(pid);
    if (!program) throw new AgentCommandError("Invalid parameter 'pid'");
    this.programs.delete(pid); // the agent, too, tells how a program ended only once
    const { exitcode, stdout, stderr } = program;
    return {
      exited: true,
      exitcode,
      ...(stdout ? { 'out-data': base64(stdout), 'out-truncated': false } : {}),
      ...(stderr ? { 'err-data': base64(stderr), 'err-truncated': false } : {}),
    };
  }

  private open(path: string, mode: string): number {
    const write = /[wa]/.test(mode);
    if (!write && !this.files.has(path)) {
      throw new AgentCommandError(
        `failed to open file '${path}' (mode: '${mode}'): No such file or directory`,
      );
    }
    if (write) this.files.set(path, '');
    this.lastNumber += 1;
    this.handles.set(this.lastNumber, { path, write, offset: 0 });
    return this.lastNumber;
  }

  private read(handle: number, count: number): object {
    const file = this.handleOf(handle);
    const bytes = Buffer.from(this.files.get(file.path) ?? '').subarray(file.offset, file.offset + count);
    file.offset += bytes.length;
    return { 'buf-b64': bytes.toString('base64'), count: bytes.length, eof: bytes.length < count };
  }

  private write(handle: number, content: string): object {
    const file = this.handleOf(handle);
    const text = Buffer.from(content, 'base64').toString('utf8');
    this.files.set(file.path, (this.files.get(file.path) ?? '') + text);
    return { count: Buffer.byteLength(text), eof: false };
  }

  private handleOf(handle: number) {
    const file = this.handles.get(handle);
    if (!file) throw new AgentCommandError(`handle '${handle}' has not been found`);
    return file;
  }
}

interface NetworkConfig {
  readonly config?: readonly {
    readonly type: string;
    readonly mac_address?: string;
    readonly subnets?: readonly {
      readonly type: string;
      readonly address?: string;
      readonly netmask?: string;
    }[];
  }[];
}

function addressesOf(networkConfig: string): Map<string, object[]> {
  const found = new Map<string, object[]>();
  const { config = [] } = (parse(networkConfig) ?? {}) as NetworkConfig;
  for (const entry of config) {
    if (entry.type !== 'physical' || !entry.mac_address) continue;
    const addresses = (entry.subnets ?? []).flatMap(({ type, address, netmask }) => {
      if (address === undefined) return [];
      if (type === 'static6') {
        const [ip, prefix] = address.split('/');
        return [{ 'ip-address': ip, 'ip-address-type': 'ipv6', prefix: Number(prefix) }];
      }
      return [{ 'ip-address': address, 'ip-address-type': 'ipv4', prefix: prefixOf(netmask ?? '') }];
    });
    found.set(entry.mac_address.toLowerCase(), addresses);
  }
  return found;
}

function linkLocalAddress(mac: string): object {
  return { 'ip-address': linkLocal(mac), 'ip-address-type': 'ipv6', prefix: 64 };
}

/** 255.255.255.0 becomes 24. */
function prefixOf(netmask: string): number {
  const bits = netmask
    .split('.')
    .map((part) => Number(part).toString(2))
    .join('');
  return [...bits].filter((bit) => bit === '1').length;
}

function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}
