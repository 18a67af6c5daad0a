import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { start } from '../../machine/command';
import { ApiError, badParameters } from '../base/api-error';
import type { Caller } from '../base/caller';
import { readGuardedFile, removeGuardedFile, writeGuardedFile } from '../base/guarded-file';
import type { BridgeSpec, NodeNetwork } from '../base/node-network';
import { readStateFile } from '../base/state-file';
import { type Interface, parseInterfaces, printInterfaces } from '../formats/interfaces-file';
import type { TaskService } from '../tasks/task-service';

export interface NetworkServiceOptions {
  readonly stateDir: string;
  readonly tasks: TaskService;
  readonly logger: Logger;
  /** Makes what is declared. */
  readonly kernel: NodeNetwork;
}

/**
 * The node's declared network. Changes go to interfaces.new and take effect at the next reload, as on Proxmox VE.
 */
export class NetworkService {
  private readonly file: string;
  private readonly pendingFile: string;
  private turn: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: NetworkServiceOptions) {
    this.file = join(options.stateDir, 'etc', 'network', 'interfaces');
    this.pendingFile = `${this.file}.new`;
  }

  /** Brings up what is applied; what is pending stays so. */
  async start(): Promise<void> {
    const { logger } = this.options;
    await readGuardedFile(this.pendingFile, parseInterfaces, logger);
    const applied = await readGuardedFile(this.file, parseInterfaces, logger);
    if (!applied) await writeGuardedFile(this.file, printInterfaces([]));
    await this.options.kernel.apply(bridges(this.applied()));
  }

  async close(): Promise<void> {
    await this.turn;
  }

  /** What is applied. */
  applied(): Interface[] {
    return parseInterfaces(readStateFile(this.file) ?? printInterfaces([]));
  }

  /** What is declared, pending changes included. */
  declared(): Interface[] {
    const pending = readStateFile(this.pendingFile);
    return pending === undefined ? this.applied() : parseInterfaces(pending);
  }

  /** Is there an applied bridge of this name, to which a guest can be plugged? */
  hasBridge(name: string): boolean {
    return this.applied().some((entry) => entry.name === name && entry.type === 'bridge' && entry.autostart);
  }

  /** Pending changes as a unified diff; undefined if there are none. */
  async changes(): Promise<string | undefined> {
    if (!existsSync(this.pendingFile)) return undefined;
    const diff = await start(['diff', '-b', '-N', '-u', this.file, this.pendingFile]);
    // 1 = the files differ.
    if (diff.exitCode !== 0 && diff.exitCode !== 1) throw new Error(`diff: ${diff.stderr.trim()}`);
    return diff.stdout.replaceAll(this.options.stateDir, '') || undefined;
  }

  async create(entry: Interface): Promise<void> {
    await this.change((all) => {
      if (all.some(({ name }) => name === entry.name))
        throw badParameters({ iface: 'interface already exists' });
      return [...all, entry];
    }, entry);
  }

  /** `amend` makes the new declaration of an interface from the old one. */
  async update(name: string, amend: (before: Interface) => Interface): Promise<void> {
    const after = amend(this.find(name));
    await this.change((all) => all.map((entry) => (entry.name === name ? amend(entry) : entry)), after);
  }

  async remove(name: string): Promise<void> {
    await this.change((all) => {
      if (!all.some((entry) => entry.name === name))
        throw badParameters({ iface: 'interface does not exist' });
      return all.filter((entry) => entry.name !== name);
    });
  }

  /** Throws 400 if it is not declared. */
  find(name: string): Interface {
    const found = this.declared().find((entry) => entry.name === name);
    if (!found) throw badParameters({ iface: 'interface does not exist' });
    return found;
  }

  /** Drops the pending changes. */
  async revert(): Promise<void> {
    await this.inTurn(async () => removeGuardedFile(this.pendingFile));
  }

  /** Applies what is declared, as a task. What could not be applied stays pending. */
  reload(caller: Caller): string {
    return this.options.tasks.run('srvreload', 'networking', caller, ({ warn }) =>
      this.inTurn(async () => {
        const declared = this.declared();
        await this.options.kernel.apply(bridges(declared));
        await writeGuardedFile(this.file, printInterfaces(declared));
        removeGuardedFile(this.pendingFile);
        for (const { name, gateway, gateway6 } of declared) {
          if (gateway ?? gateway6)
            warn(`gateway of ${name} is kept, not applied: no bridge leads out of the node`);
        }
      }),
    );
  }

  private change(
    make: (all: readonly Interface[]) => readonly Interface[],
    touched?: Interface,
  ): Promise<void> {
    return this.inTurn(async () => {
      const all = make(this.declared());
      if (touched) checkTogether(all, touched);
      await writeGuardedFile(this.pendingFile, printInterfaces(all));
    });
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.turn.then(work);
    this.turn = mine.catch(() => {});
    return mine;
  }
}

/** Rules that concern more than one interface. */
function checkTogether(all: readonly Interface[], touched: Interface): void {
  const others = all.filter(({ name }) => name !== touched.name);
  for (const key of ['gateway', 'gateway6'] as const) {
    const owner = touched[key] && others.find((entry) => entry[key]);
    if (owner) throw badParameters({ [key]: `Default gateway already exists on interface '${owner.name}'.` });
  }
  for (const port of touched.ports) {
    const owner = others.find((entry) => entry.ports.includes(port));
    if (owner) {
      throw badParameters({ bridge_ports: `${port} is already used on interface '${owner.name}'.` });
    }
    if (!others.some(({ name }) => name === port)) {
      throw new ApiError(500, `bridge '${touched.name}' - unable to find bridge port '${port}'`);
    }
  }
}

function bridges(interfaces: readonly Interface[]): BridgeSpec[] {
  return interfaces
    .filter((entry) => entry.type === 'bridge' && entry.autostart)
    .map(({ name, cidr, cidr6, mtu }) => ({
      name,
      addresses: [cidr, cidr6].filter((address) => address !== undefined),
      mtu,
    }));
}
