import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { buildServer } from '../../local-node/api/server';
import type { Clock } from '../../local-node/base/clock';
import { type NodeNetwork, NoNetwork } from '../../local-node/base/node-network';
import type { GuestEngine } from '../../local-node/engine/guest-engine';
import { SimulatedEngine } from '../../local-node/engine/simulated/simulated-engine';
import { buildLocalNode, type LocalNode } from '../../local-node/node';

export const PASSWORD = 'a long password';

export interface TestNode {
  readonly node: LocalNode;
  readonly app: FastifyInstance;
  /** Seconds since the epoch; tests move it. */
  readonly clock: { seconds: number /** By how much somebody has set the time of day. */; set: number };
  /** The token of the lab, for callApi(). */
  readonly token: string;
  close(): Promise<void>;
}

/** A started node with simulated guests and no socket. `stateDir` is removed at close unless it is given. */
export async function startTestNode(
  options: {
    readonly stateDir?: string;
    readonly network?: NodeNetwork;
    readonly taskHoldSeconds?: number;
    readonly statisticsSeconds?: number;
    readonly logger?: Logger;
    readonly hosts?: readonly string[];
    readonly directories?: readonly string[];
    /** Undefined for none. */
    readonly rootPassword?: string;
    /** @default simulated guests */
    readonly engine?: GuestEngine;
    /** In place of the one that tests move. */
    readonly clock?: Clock;
  } = {},
): Promise<TestNode> {
  const stateDir = options.stateDir ?? mkdtempSync(join(tmpdir(), 'local-node-'));
  const clock = { seconds: 1_800_000_000, set: 0 };
  const now = options.clock ?? {
    now: () => (clock.seconds + clock.set) * 1000,
    steady: () => clock.seconds * 1000,
  };
  const node = buildLocalNode({
    stateDir,
    nodeName: 'pve',
    engine: options.engine ?? new SimulatedEngine({ clock: now }),
    network: options.network ?? new NoNetwork(),
    logger: options.logger,
    hosts: options.hosts,
    directories: options.directories ?? [],
    statisticsSeconds: options.statisticsSeconds,
    clock: now,
    rootPassword: 'rootPassword' in options ? options.rootPassword : PASSWORD,
    taskHoldSeconds: options.taskHoldSeconds ?? 5,
  });
  await node.start();
  const app = await buildServer(node);
  return {
    node,
    app,
    clock,
    token: await node.access.labToken(),
    close: async () => {
      await app.close();
      await node.close();
      if (options.stateDir === undefined) rmSync(stateDir, { recursive: true, force: true });
    },
  };
}

export interface ApiAnswer {
  readonly status: number;
  readonly reason: string;
  readonly data: unknown;
  readonly message?: string;
  readonly errors?: Readonly<Record<string, string>>;
}

/** One call with the lab's token, or with other headers. */
export async function callApi(
  { app, token }: Pick<TestNode, 'app' | 'token'>,
  method: 'GET' | 'POST' | 'PUT' | 'DELETE',
  path: string,
  form?: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = { authorization: `PVEAPIToken=${token}` },
): Promise<ApiAnswer> {
  const response = await app.inject({
    method,
    url: `/api2/json${path}`,
    headers: {
      ...headers,
      ...(form ? { 'content-type': 'application/x-www-form-urlencoded' } : {}),
    },
    ...(form ? { payload: new URLSearchParams(form).toString() } : {}),
  });
  const body = response.payload
    ? (response.json() as Omit<ApiAnswer, 'status' | 'reason'>)
    : { data: undefined };
  return { status: response.statusCode, reason: response.statusMessage, ...body };
}

/** Headers of root@pam itself, for callApi(): some options are not for its tokens. */
export async function rootHeaders(lab: TestNode): Promise<Readonly<Record<string, string>>> {
  const form = { username: 'root@pam', password: PASSWORD };
  const { data } = await callApi(lab, 'POST', '/access/ticket', form, {});
  const { ticket, CSRFPreventionToken } = data as Record<string, string>;
  return { cookie: `PVEAuthCookie=${ticket}`, csrfpreventiontoken: CSRFPreventionToken ?? '' };
}
