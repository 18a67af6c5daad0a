import { type ChildProcess, spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConnection, readTarget } from '../../config/load-target';
import type { ConnectionFile } from '../../config/target';
import { writeImage } from '../../local-node/engine/simulated/simulated-image';
import { down, up } from '../../local-node/lifecycle';
import { identify, waitForEnd } from '../../machine/processes';
import { ApiClient } from '../../proxmox/api-client';
import { findCommand } from '../../setup/system-packages';
import { configuration, type Wanted } from './configuration';
import { FaultProxy, type Upstream } from './fault-proxy';

/** Longer than any of its steps may take; then it is killed, and the test fails. */
const TERRAFORM_TIMEOUT = 120_000;

export interface Ended {
  /** Null: it was killed. */
  readonly code: number | null;
  readonly output: string;
}

interface GuestRow {
  readonly vmid: number;
  readonly name: string;
  readonly status: string;
}

/** With the memory of its configuration: where a change of that got through and its answer not, the guest runs on. */
async function describeGuest(client: ApiClient, { vmid, name, status }: GuestRow): Promise<string> {
  const { memory } = await client.get<{ memory: string }>(client.node(`qemu/${vmid}/config`));
  return `${vmid} ${name} ${status} ${memory}`;
}

/** What of the lab, and of others, is on the node. */
export interface Inventory {
  readonly guests: readonly string[];
  readonly bridges: readonly string[];
  readonly files: readonly string[];
  readonly disks: readonly string[];
}

/** A local node in a process of its own, the proxy before it, and Terraform with the real provider pointed at that. */
export class FaultyLab {
  readonly directory = mkdtempSync(join(tmpdir(), 'faulty-lab-'));
  private readonly env = {
    ...process.env,
    PROXMOX_VE_ENDPOINT: undefined,
    LAB_NODE_STATE: join(this.directory, 'node'),
    LAB_NODE_PORT: '0',
    LAB_NODE_SSH_PORT: '0',
    XDG_DATA_HOME: join(this.directory, 'data'),
  };
  /** Not the guard that npm puts before it, which would outlive it. */
  private readonly program = findCommand('terraform') ?? 'terraform';
  private terraformProcess: ChildProcess | undefined;
  private wanted: Wanted = { memoryMiB: 512, guests: 2 };

  readonly proxy = new FaultProxy(() => this.upstream());
  private readonly images = createServer((_request, response) => {
    response.end(readFileSync(this.image));
  });

  static async start(): Promise<FaultyLab> {
    const lab = new FaultyLab();
    await lab.begin();
    return lab;
  }

  private get image(): string {
    return join(this.directory, 'tiny.qcow2');
  }

  private async begin(): Promise<void> {
    await writeImage(this.image, 'qcow2', 2 ** 30);
    await new Promise<void>((resolve) => {
      this.images.listen(0, '127.0.0.1', resolve);
    });
    await this.bringUp();
    await this.proxy.listen();
    this.proxy.kill = (what) => this.kill(what);
    mkdirSync(join(this.directory, 'terraform'));
    // The provider keeps every host key that it meets in ~/.ssh/known_hosts.
    for (const name of ['.terraform.d', '.terraformrc']) {
      if (existsSync(join(homedir(), name))) symlinkSync(join(homedir(), name), join(this.directory, name));
    }
    await this.makeForeign();
    const ended = await this.terraform(['init']);
    if (ended.code !== 0) throw new Error(ended.output);
  }

  /** Runs Terraform; `declare` says what the configuration holds from now on. */
  async terraform(args: readonly string[], declare: Partial<Wanted> = {}): Promise<Ended> {
    await this.bringUp();
    this.wanted = { ...this.wanted, ...declare };
    this.write();
    const cwd = join(this.directory, 'terraform');
    const child = spawn(this.program, [args[0] ?? '', '-no-color', ...args.slice(1)], {
      cwd,
      env: {
        PATH: process.env.PATH,
        HOME: this.directory,
        TF_CLI_CONFIG_FILE: process.env.TF_CLI_CONFIG_FILE,
        SSL_CERT_FILE: this.connection().caFile,
        CHECKPOINT_DISABLE: '1',
      },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.terraformProcess = child;
    const timer = setTimeout(() => this.killTerraform(), TERRAFORM_TIMEOUT);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        output += chunk.toString();
      });
    }
    const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
    clearTimeout(timer);
    this.terraformProcess = undefined;
    return { code, output };
  }

  async inventory(): Promise<Inventory> {
    await this.bringUp();
    return this.ask(async (client) => {
      const guests = await client.get<GuestRow[]>(client.node('qemu'));
      const networks = await client.get<{ iface: string; pending?: unknown }[]>(client.node('network'));
      const files = await client.get<{ volid: string }[]>(client.node('storage/local/content'));
      const disks = await client.get<{ volid: string }[]>(client.node('storage/local-lvm/content'));
      return {
        guests: (await Promise.all(guests.map((guest) => describeGuest(client, guest)))).sort(),
        bridges: networks
          .map(({ iface }) => iface)
          .filter((name) => name.startsWith('vmbr'))
          .sort(),
        files: files.map(({ volid }) => volid).sort(),
        disks: disks.map(({ volid }) => volid).sort(),
      };
    });
  }

  /** Removes what is there of the lab without Terraform; nothing where it is not. */
  async remove(path: string): Promise<void> {
    await this.bringUp();
    await this.ask(async (client) => {
      const answer = await client.delete<string | null>(client.node(path)).catch(() => null);
      if (answer?.startsWith('UPID')) await client.wait(answer, 30);
    });
  }

  /** What stays the same as long as a guest is not made again. */
  async identities(): Promise<readonly string[]> {
    await this.bringUp();
    return this.ask((client) =>
      Promise.all(
        [200, 201].map(async (vmid) => {
          const { vmgenid } = await client.get<{ vmgenid: string }>(client.node(`qemu/${vmid}/config`));
          return vmgenid;
        }),
      ),
    );
  }

  async close(): Promise<void> {
    this.killTerraform();
    await this.proxy.close();
    this.images.close();
    await down(this.env, { purge: true });
    rmSync(this.directory, { recursive: true, force: true });
  }

  private async bringUp(): Promise<void> {
    await up(this.env, { engine: 'simulated', name: 'pve' });
  }

  private connection(): ConnectionFile {
    const connection = readConnection(this.env);
    if (!connection) throw new Error('the node is down');
    return connection;
  }

  private upstream(): Upstream {
    const { endpoint, caFile } = this.connection();
    return { endpoint, caFile, keyFile: caFile.replace(/\.pem$/, '.key') };
  }

  private write(): void {
    const { tokenFile, ssh } = this.connection();
    const text = configuration(this.wanted, {
      endpoint: this.proxy.endpoint,
      token: readFileSync(tokenFile, 'utf8').trim(),
      keyFile: ssh.privateKeyFile,
      sshPort: ssh.port,
      image: this.image,
      imageUrl: `http://127.0.0.1:${(this.images.address() as AddressInfo).port}/tiny.qcow2`,
    });
    writeFileSync(join(this.directory, 'terraform/main.tf'), text);
  }

  /** Somebody else's guest, bridge and file, which nothing may touch. */
  private async makeForeign(): Promise<void> {
    await this.ask(async (client) => {
      await client.post(client.node('network'), { iface: 'vmbr99', type: 'bridge', autostart: '1' });
      const upid = await client.post<string>(client.node('qemu'), {
        ...{ vmid: '900', name: 'foreign', memory: '64', scsi0: 'local-lvm:1' },
      });
      await client.wait(upid, 30);
    });
  }

  private async ask<T>(question: (client: ApiClient) => Promise<T>): Promise<T> {
    const client = new ApiClient(readTarget(this.env, 'pve'));
    try {
      return await question(client);
    } finally {
      await client.close();
    }
  }

  private async kill(what: 'terraform' | 'node'): Promise<void> {
    if (what === 'terraform') return this.killTerraform();
    const daemon = identify(this.connection().pid);
    if (!daemon) return;
    process.kill(daemon.pid, 'SIGKILL');
    await waitForEnd(daemon, 10_000);
    // Somebody sees it, and brings it up again while Terraform still runs.
    await this.bringUp();
  }

  private killTerraform(): void {
    const { pid, exitCode, signalCode } = this.terraformProcess ?? {};
    if (pid === undefined || exitCode !== null || signalCode !== null) return;
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // It has just ended.
    }
  }
}
