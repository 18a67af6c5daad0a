import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadLab, loadTarget } from '../../config';
import { readDeployedLab } from '../../config/deployed-lab';
import type { Lab } from '../../config/lab';
import { findIdentified } from '../../experiment/leftovers';
import { ApiClient } from '../../proxmox/api-client';
import { LabCopy, type Running } from '../e2e/lab-copy';

/** A clone whose lab has one guest, and vmid, bridges and networks of its own. */
export interface SideLab {
  readonly copy: LabCopy;
  readonly vmid: number;
  /** Of the servers' network, and of the clients'. */
  readonly bridges: readonly string[];
}

/** Clones of the lab on the simulated node of the first of them. */
export class ManyLabs {
  readonly labs: readonly SideLab[];
  private client: ApiClient | undefined;

  /** `ports`: of the API and SSH of the first clone's node; the others have those that follow. */
  constructor(count: number, [api, ssh]: readonly [number, number]) {
    this.labs = Array.from({ length: count }, (_, index) => sideLab(index, api + index, ssh + index));
  }

  private get first(): LabCopy {
    const [first] = this.labs;
    if (!first) throw new Error('there are no labs');
    return first.copy;
  }

  /** As the first clone has it; what is on the node is found by it for all. */
  get lab(): Lab {
    return loadLab(join(this.first.directory, 'lab.yaml'));
  }

  get node(): ApiClient {
    if (!this.client) throw new Error('the node is not up');
    return this.client;
  }

  private get shared(): NodeJS.ProcessEnv {
    return { LAB_NODE_STATE: this.first.state };
  }

  async up(): Promise<void> {
    const { code, output } = await this.first.npm(['run', 'node', '--', 'up', '--engine', 'simulated']).ended;
    if (code !== 0) throw new Error(output);
    const environment = { ...process.env, ...this.shared, PROXMOX_VE_ENDPOINT: '' };
    this.client = new ApiClient(loadTarget(this.lab, environment));
  }

  begin({ copy }: SideLab, command: 'deploy' | 'destroy'): Running {
    return copy.npm(['exec', '--', 'cdktf', command, '--auto-approve'], this.shared);
  }

  async succeeds(of: SideLab, command: 'deploy' | 'destroy'): Promise<void> {
    const { code, output } = await this.begin(of, command).ended;
    if (code !== 0) throw new Error(`lab ${of.vmid}: ${command} ended with ${code}: ${output.slice(-4000)}`);
  }

  /** What is on the node of each lab, by its tag. */
  async onNode(): Promise<Map<string, string[]>> {
    const found = new Map<string, string[]>();
    for (const { tag, kind, id } of await findIdentified(this.node, this.lab)) {
      found.set(tag, [...(found.get(tag) ?? []), `${kind} ${id}`].sort());
    }
    return found;
  }

  async remove(): Promise<void> {
    await this.client?.close();
    for (const { copy } of [...this.labs].reverse()) await copy.remove();
  }
}

/** Undefined for a lab that is not deployed. */
export function tagOf({ copy }: SideLab): string | undefined {
  return readDeployedLab(join(copy.directory, 'terraform.lab.tfstate')).identity?.tag;
}

function sideLab(index: number, port: number, sshPort: number): SideLab {
  const copy = new LabCopy(port, sshPort);
  const vmid = 1000 + index;
  const [servers, clients] = [`vmbr${100 + index}`, `vmbr${200 + index}`] as const;
  const file = join(copy.directory, 'lab.yaml');
  const text = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => !/name: (moodle|mediawiki),/.test(line))
    .join('\n')
    .replaceAll('vmid: 129', `vmid: ${vmid}`)
    .replaceAll('vmbr10', servers)
    .replaceAll('vmbr20', clients)
    .replaceAll('192.168.10.', `10.10.${index}.`)
    .replaceAll('192.168.20.', `10.20.${index}.`);
  writeFileSync(file, text);
  return { copy, vmid, bridges: [servers, clients] };
}
