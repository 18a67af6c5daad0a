import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../../local-node/base/clock';
import type { DiskCopy, DiskFormat } from '../../../local-node/engine/guest-engine';
import * as images from '../../../local-node/engine/qemu/qemu-images';
import { SimulatedEngine } from '../../../local-node/engine/simulated/simulated-engine';
import { run } from '../../../machine/command';
import { callApi, type TestNode } from '../test-node';

/** Simulated guests whose disks are real images, so that what is in them counts. */
export class RealDisks extends SimulatedEngine {
  /** Called in the middle of copying from a running guest. */
  whileCopying: () => Promise<void> = async () => {};

  constructor(clock?: Clock) {
    super(clock ? { clock } : {});
  }

  override createDisk(path: string, format: DiskFormat, bytes: number) {
    return images.createDisk(path, format, bytes);
  }

  override importDisk(source: string, path: string, format: DiskFormat) {
    return images.importDisk(source, path, format);
  }

  override cloneDisk(source: string, path: string, format: DiskFormat, mode: 'full' | 'linked') {
    return images.cloneDisk(source, path, format, mode);
  }

  override async copyRunning(vmid: number, copies: readonly DiskCopy[]) {
    await this.whileCopying();
    for (const { slot, path, format } of copies) {
      const source = this.pathOf(vmid, slot);
      await images.cloneDisk(source, path, format, 'full');
    }
  }

  override async diskInfo(path: string) {
    return images.diskInfo(path);
  }

  private readonly paths = new Map<string, string>();

  override async start(spec: Parameters<SimulatedEngine['start']>[0]) {
    for (const { slot, path } of spec.disks) this.paths.set(`${spec.vmid}/${slot}`, path);
    await super.start({ ...spec, disks: spec.disks.filter(({ media }) => media === 'disk') });
  }

  private pathOf(vmid: number, slot: string): string {
    const path = this.paths.get(`${vmid}/${slot}`);
    if (path === undefined) throw new Error(`VM ${vmid} has no disk '${slot}'`);
    return path;
  }
}

/** Runs a task by a call, to its end; returns its log. */
export async function task(
  lab: TestNode,
  method: 'POST' | 'PUT' | 'DELETE',
  path: string,
  form?: Readonly<Record<string, string>>,
): Promise<string[]> {
  const answer = await callApi(lab, method, path, form);
  if (typeof answer.data !== 'string') throw new Error(`${path}: ${answer.status} ${answer.message}`);
  await lab.node.tasks.wait(answer.data, 60);
  return lab.node.tasks.log(answer.data);
}

export async function done(...given: Parameters<typeof task>): Promise<string[]> {
  const log = await task(...given);
  if (log.at(-1) !== 'TASK OK') throw new Error(log.join('\n'));
  return log;
}

/** The bridge of the guests. */
async function makeBridge(lab: TestNode): Promise<void> {
  await callApi(lab, 'POST', '/nodes/pve/network', { iface: 'vmbr0', type: 'bridge', autostart: '1' });
  await done(lab, 'PUT', '/nodes/pve/network');
}

/** VM 100 with one disk that holds something. */
export async function makeMachine(
  lab: TestNode,
  more: Readonly<Record<string, string>> = {},
): Promise<string> {
  const form = {
    name: 'web',
    memory: '64',
    scsi0: 'local-lvm:0.0625,format=qcow2',
    net0: 'virtio,bridge=vmbr0',
  };
  await makeBridge(lab);
  await done(lab, 'POST', '/nodes/pve/qemu', { vmid: '100', ...form, ...more });
  const path = diskOf(lab, 'vm-100-disk-0.qcow2', 100);
  await run(['qemu-io', '-f', 'qcow2', '-c', 'write -P 0x5a 3M 200k', '-c', 'write -P 7 60M 4k', path]);
  return path;
}

export function diskOf(lab: TestNode, name: string, vmid: number): string {
  return join(lab.node.stateDir, 'storage', 'local-lvm', 'images', String(vmid), name);
}

export async function makeContainer(lab: TestNode): Promise<void> {
  await makeBridge(lab);
  const cache = join(lab.node.stateDir, 'storage', 'local', 'template', 'cache');
  mkdirSync(cache, { recursive: true });
  writeFileSync(join(cache, 'small.tar.zst'), 'an archive that nobody reads');
  await done(lab, 'POST', '/nodes/pve/lxc', {
    ...{ vmid: '131', ostemplate: 'local:vztmpl/small.tar.zst', rootfs: 'local-lvm:2', hostname: 'bct' },
    ...{ features: 'nesting=1', net0: 'name=eth0,bridge=vmbr0,ip=10.98.0.71/24' },
  });
}

export function dumps(lab: TestNode): string[] {
  return readdirSync(join(lab.node.stateDir, 'storage', 'local', 'dump')).sort();
}

export interface BackupRow {
  readonly volid: string;
  readonly vmid: number;
  readonly ctime: number;
  readonly notes?: string;
  readonly protected?: number;
}

export async function backups(lab: TestNode): Promise<BackupRow[]> {
  const { data } = await callApi(lab, 'GET', '/nodes/pve/storage/local/content?content=backup');
  return data as BackupRow[];
}
