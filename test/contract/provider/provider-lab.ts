import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ApiServer, listen } from '../../../local-node/api/server';
import { NoNetwork } from '../../../local-node/base/node-network';
import type { GuestEngine } from '../../../local-node/engine/guest-engine';
import { SimulatedEngine } from '../../../local-node/engine/simulated/simulated-engine';
import { writeImage } from '../../../local-node/engine/simulated/simulated-image';
import { buildLocalNode, type LocalNode } from '../../../local-node/node';
import { sshKeys } from '../../../local-node/ssh/keys';
import { type SshServer, startSshServer } from '../../../local-node/ssh/ssh-server';

const PLUGINS = join(homedir(), '.terraform.d', 'plugins');
const PROVIDER = join(PLUGINS, 'registry.terraform.io', 'bpg', 'proxmox');

/** A local node on free ports, and Terraform with the real provider pointed at it; everything under one directory. */
export class ProviderLab {
  private constructor(
    readonly directory: string,
    readonly node: LocalNode,
    private readonly api: ApiServer,
    private readonly ssh: SshServer,
    private readonly images: Server,
    private readonly token: string,
    private readonly keyFile: string,
  ) {}

  /** Throws with what to do if Terraform's provider is not there. */
  static async start(engine: GuestEngine = new SimulatedEngine()): Promise<ProviderLab> {
    requireProvider();
    const directory = mkdtempSync(join(tmpdir(), 'provider-lab-'));
    const stateDir = join(directory, 'node');
    const node = buildLocalNode({ stateDir, nodeName: 'pve', engine, network: new NoNetwork() });
    await node.start();
    const api = await listen(node, { port: 0 });
    const keys = await sshKeys(stateDir, join(stateDir, 'ssh/host_ecdsa'));
    const ssh = await startSshServer({
      keys,
      port: 0,
      sftpRoot: join(stateDir, 'storage'),
      requireSpace: async () => undefined,
      // The provider asks for uid 0; an ordinary user is that in a user namespace of its own.
      enter: (argv) =>
        process.getuid?.() === 0 ? [...argv] : ['unshare', '--user', '--map-root-user', ...argv],
    });
    const images = await serveImage(directory);
    const token = await node.access.labToken();
    return new ProviderLab(directory, node, api, ssh, images, token, keys.clientKeyFile);
  }

  /** Address of a small qcow2 image of 1 GiB. */
  get imageUrl(): string {
    return `http://127.0.0.1:${(this.images.address() as AddressInfo).port}/tiny.qcow2`;
  }

  /** Makes Terraform's configuration: `body` below the provider's block. */
  write(body: string): void {
    mkdirSync(join(this.directory, 'terraform'), { recursive: true });
    writeFileSync(join(this.directory, 'terraform', 'main.tf'), `${this.providerBlock()}\n${body}`);
    writeFileSync(
      join(this.directory, 'terraformrc'),
      `provider_installation {\n  filesystem_mirror { path = ${JSON.stringify(PLUGINS)} }\n}\n`,
    );
  }

  /** Runs terraform and returns what it printed. `expected` lists the exit codes that are no failure. */
  async terraform(
    args: readonly string[],
    expected: readonly number[] = [0],
  ): Promise<{ code: number; output: string }> {
    const [command = '', ...rest] = args;
    const result = await new Promise<{ code: number; output: string }>((resolve, reject) => {
      execFile(
        'terraform',
        [command, '-no-color', ...rest],
        {
          cwd: join(this.directory, 'terraform'),
          env: this.environment(),
          maxBuffer: 1 << 26,
          timeout: 100_000, // so that nothing is left behind where the node does not answer
        },
        (fault, stdout, stderr) => {
          if (fault && typeof fault.code !== 'number') reject(fault);
          else resolve({ code: Number(fault?.code ?? 0), output: `${stdout}${stderr}` });
        },
      );
    });
    if (expected.includes(result.code)) return result;
    throw new Error(`terraform ${args.join(' ')} ended with ${result.code}:\n${result.output}`);
  }

  async close(): Promise<void> {
    await this.ssh.close();
    await this.api.close();
    await this.node.close();
    this.images.close();
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** HOME is ours, so that the user's known_hosts stays as it is. */
  private environment(): NodeJS.ProcessEnv {
    return {
      PATH: process.env.PATH,
      HOME: this.directory,
      SSL_CERT_FILE: this.api.caFile,
      TF_CLI_CONFIG_FILE: join(this.directory, 'terraformrc'),
      CHECKPOINT_DISABLE: '1',
    };
  }

  private providerBlock(): string {
    return `
terraform {
  required_providers {
    proxmox = { source = "bpg/proxmox" }
  }
}
provider "proxmox" {
  endpoint  = ${JSON.stringify(this.api.endpoint)}
  api_token = ${JSON.stringify(this.token)}
  ssh {
    agent       = false
    username    = "root"
    private_key = file(${JSON.stringify(this.keyFile)})
    node {
      name    = "pve"
      address = "127.0.0.1"
      port    = ${this.ssh.port}
    }
  }
}`;
  }
}

function requireProvider(): void {
  let versions: string[] = [];
  try {
    versions = readdirSync(PROVIDER);
  } catch {
    // told below
  }
  if (versions.length === 0) {
    throw new Error(`the provider bpg/proxmox is not in ${PROVIDER}; \`npm run doctor\` says how to get it`);
  }
}

async function serveImage(directory: string): Promise<Server> {
  const path = join(directory, 'tiny.qcow2');
  await writeImage(path, 'qcow2', 1024 ** 3);
  const bytes = readFileSync(path);
  const server = createServer((request, response) => {
    if (request.url !== '/tiny.qcow2') {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': bytes.length });
    response.end(request.method === 'HEAD' ? undefined : bytes);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return server;
}
