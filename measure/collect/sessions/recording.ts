import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Shell } from '../../../proxmox/node-shell';
import type { CaptureFile } from '../../run/raw-data';
import { type ClientNamespace, inNamespace } from '../clients/client-network';
import { Capture, type CaptureFilter, type CaptureResult, describeFilter } from './capture';
import type { Offloads } from './offloads';
import { mergeCaptures } from './pcap-merge';

/** Where packets are captured: the tap of the guest, and the interface of every client. */
export interface CapturePoints {
  readonly tap: string;
  readonly clients: readonly ClientNamespace[];
  readonly filter: CaptureFilter;
  readonly offloads: { readonly client: Offloads; readonly server: Offloads };
}

export interface Recorded {
  readonly captures: readonly CaptureFile[];
  /** Why the captures are not whole; null = they are. */
  readonly fault: string | null;
}

/** The captures of one session, at both ends. */
export class Recording {
  private constructor(
    private readonly directory: string,
    private readonly points: CapturePoints,
    private readonly server: Capture,
    private readonly clients: readonly { readonly capture: Capture; readonly file: string }[],
  ) {}

  static async start(shell: Shell, points: CapturePoints, directory: string): Promise<Recording> {
    const { tap, clients, filter } = points;
    const started: Capture[] = [];
    const keep = (capture: Capture) => {
      started.push(capture);
      return capture;
    };
    try {
      const server = keep(await Capture.start(shell, tap, filter, join(directory, 'server.pcap')));
      const ends: { capture: Capture; file: string }[] = [];
      for (const { client, namespace, interface: name } of clients) {
        const file = join(directory, `${client.name}.pcap.part`);
        const own = { ...filter, clients: [client.address] };
        const capture = keep(
          await Capture.start(shell, name, own, file, (command) => inNamespace(namespace, command)),
        );
        ends.push({ capture, file });
      }
      return new Recording(directory, points, server, ends);
    } catch (error) {
      await Promise.allSettled(started.map((capture) => capture.stop()));
      throw error;
    }
  }

  /** Ends all captures. One that broke off keeps what it had captured and does not affect the others. */
  async stop(): Promise<Recorded> {
    const { tap, clients, filter, offloads } = this.points;
    const atServer = await this.server.stop();
    const atClients = await Promise.all(this.clients.map(({ capture }) => capture.stop()));
    const merged = await this.mergeClients();
    const common = { filter: describeFilter(filter) };
    const captures: CaptureFile[] = [
      {
        ...common,
        file: 'client.pcap',
        interface: clients.map((each) => `${each.namespace} ${each.interface}`).join(', '),
        where: 'client',
        sha256: merged.sha256,
        captured: total(atClients, 'captured'),
        droppedByKernel: total(atClients, 'dropped'),
        cpuSeconds: total(atClients, 'cpu'),
        clockStepSeconds: largestStep(atClients),
        offloads: offloads.client,
      },
      {
        ...common,
        file: 'server.pcap',
        interface: tap,
        where: 'server',
        sha256: atServer.sha256,
        captured: atServer.captured,
        droppedByKernel: atServer.dropped,
        cpuSeconds: atServer.cpu,
        clockStepSeconds: atServer.clockStep,
        offloads: offloads.server,
      },
    ];
    const [fault = null] = [...[atServer, ...atClients].map((each) => each.fault), merged.fault].filter(
      (each) => each !== null,
    );
    return { captures: merged.fault === null ? captures : captures.slice(1), fault };
  }

  /** The clients' own files stay where they cannot be merged. */
  private async mergeClients(): Promise<{ readonly sha256: string; readonly fault: string | null }> {
    const parts = this.clients.map(({ file }) => file);
    try {
      const sha256 = await mergeCaptures(parts, join(this.directory, 'client.pcap'));
      await Promise.all(parts.map((file) => rm(file)));
      return { sha256, fault: null };
    } catch (error) {
      return { sha256: '', fault: error instanceof Error ? error.message : String(error) };
    }
  }
}

/** A sum of which one part is unknown is unknown. */
function total(results: readonly CaptureResult[], name: 'captured' | 'dropped' | 'cpu'): number | null {
  let sum = 0;
  for (const result of results) {
    const value = result[name];
    if (value === null) return null;
    sum += value;
  }
  return sum;
}

/** All stamp by one clock, but may have begun and ended at different sides of its step. Null = one did not report. */
function largestStep(results: readonly CaptureResult[]): number | null {
  const steps = results.map(({ clockStep }) => clockStep);
  if (!steps.every((step) => step !== null)) return null;
  return steps.reduce((most, step) => (Math.abs(step) > Math.abs(most) ? step : most), 0);
}
