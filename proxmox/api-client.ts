import { setTimeout as sleep } from 'node:timers/promises';
import { createSecureContext, type SecureContext } from 'node:tls';
import { Agent, type Dispatcher, ProxyAgent, request, WebSocket } from 'undici';
import type { Target } from '../config/target';
import { ApiSession, type Ticket } from './api-session';
import { NodeUnreachableError } from './connection-fault';
import { trustedCertificates } from './trusted-certificates';

/** An answer of the API that is no success. `status` is the HTTP status, `errors` names the wrong parameters. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  constructor(
    readonly method: string,
    readonly path: string,
    readonly status: number,
    message: string,
    readonly errors: Readonly<Record<string, string>> = {},
  ) {
    const details = Object.entries(errors).map(([field, text]) => `${field}: ${text.trim()}`);
    super(`${method} ${path}: ${[`${status} ${message.trim()}`, ...details].join('; ')}`);
  }
}

/** A task that ended otherwise than OK. `log` is its last lines. */
export class TaskError extends Error {
  override readonly name = 'TaskError';
  constructor(
    readonly upid: string,
    readonly exitStatus: string,
    readonly log: readonly string[],
  ) {
    super(`task ${upid} failed: ${exitStatus}${log.length > 0 ? `\n  ${log.join('\n  ')}` : ''}`);
  }
}

export interface ApiAnswer<T> {
  readonly data: T;
  /** Of GET nodes/{node}/network: what is staged and not applied, as a diff. */
  readonly changes?: string | null;
}

type Form = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

/** Booleans are 1 and 0 in the API; an array repeats its key. */
function encode(form: Form): string {
  const pairs = new URLSearchParams();
  for (const [key, value] of Object.entries(form)) {
    if (value === undefined) continue;
    for (const item of Array.isArray(value) ? value : [value]) {
      pairs.append(key, item === true ? '1' : item === false ? '0' : String(item));
    }
  }
  return pairs.toString();
}

/** UPID:<node>:...: whichever node is asked, the one that the task runs on knows of it. */
function nodeOfTask(upid: string): string | undefined {
  return /^UPID:([^:]+):/.exec(upid)?.[1];
}

/** A client of the Proxmox VE HTTP API; one per target. Calls throw ApiError and NodeUnreachableError. Close it when done. */
export class ApiClient {
  private readonly agent: Agent | ProxyAgent;
  /** Undefined = an API token, which needs no login. */
  private readonly session?: ApiSession;
  /** Hears of calls whose token or password the node does not take, or not any more. */
  onRefused?: (error: ApiError) => void;

  constructor(
    private readonly target: Target,
    now: () => number = () => performance.now(),
  ) {
    const { credentials } = target;
    if (credentials.kind !== 'token') {
      const { username, password } = credentials;
      this.session = new ApiSession((secret) => this.ticket(username, secret), password, now);
    }
    const tls = { secureContext: secureContext(target), rejectUnauthorized: !target.insecure };
    this.agent = target.proxy
      ? new ProxyAgent({ uri: target.proxy, requestTls: tls })
      : new Agent({ connect: tls });
  }

  /** Directory with what guests print on their serial consoles, if their node keeps it on this machine. */
  get serialLogs(): string | undefined {
    return this.target.serialLogs;
  }

  /** Path of the node's part of the API, or another node's of the cluster, for example node('qemu/100/config'). */
  node(path: string, nodeName = this.target.nodeName): string {
    return `nodes/${encodeURIComponent(nodeName)}/${path}`;
  }

  get<T>(path: string, query: Form = {}): Promise<T> {
    const text = encode(query);
    return this.call<T>('GET', text ? `${path}?${text}` : path);
  }

  /** The whole answer: some calls say something beside their data. */
  getAnswer<T>(path: string, query: Form = {}): Promise<ApiAnswer<T>> {
    const text = encode(query);
    return this.answer<T>('GET', text ? `${path}?${text}` : path);
  }

  post<T>(path: string, form: Form = {}): Promise<T> {
    return this.call<T>('POST', path, form);
  }

  put<T>(path: string, form: Form = {}): Promise<T> {
    return this.call<T>('PUT', path, form);
  }

  delete<T>(path: string, query: Form = {}): Promise<T> {
    const text = encode(query);
    return this.call<T>('DELETE', text ? `${path}?${text}` : path);
  }

  /** Begins a WebSocket. It is not open yet; one that is refused closes. */
  async webSocket(path: string, query: Form, protocol: string): Promise<WebSocket> {
    const url = `${this.target.endpoint.replace(/^http/, 'ws')}/api2/json/${path}?${encode(query)}`;
    const headers = await this.authorization();
    return new WebSocket(url, { protocols: protocol, headers: { ...headers }, dispatcher: this.agent });
  }

  /** Waits until a task has ended. Throws TaskError unless it ended OK (or with warnings). */
  async wait(upid: string, timeoutSeconds = 1800): Promise<void> {
    const path = this.node(`tasks/${encodeURIComponent(upid)}`, nodeOfTask(upid));
    const deadline = performance.now() + timeoutSeconds * 1000;
    for (;;) {
      const task = await this.get<{ status: string; exitstatus?: string }>(`${path}/status`);
      if (task.status === 'stopped') {
        const exit = task.exitstatus ?? 'unknown';
        if (exit === 'OK' || exit.startsWith('WARNINGS')) return;
        const log = await this.get<{ n: number; t: string }[]>(`${path}/log`, { limit: 500 });
        throw new TaskError(
          upid,
          exit,
          log.slice(-10).map((line) => line.t),
        );
      }
      if (performance.now() > deadline)
        throw new TaskError(upid, `still running after ${timeoutSeconds} s`, []);
      await sleep(300);
    }
  }

  async close(): Promise<void> {
    await this.agent.close();
  }

  /** Ends calls that have no answer yet, too. */
  async abandon(): Promise<void> {
    await this.agent.destroy();
  }

  private async call<T>(method: Dispatcher.HttpMethod, path: string, form?: Form): Promise<T> {
    return (await this.answer<T>(method, path, form)).data;
  }

  private async answer<T>(method: Dispatcher.HttpMethod, path: string, form?: Form): Promise<ApiAnswer<T>> {
    let { answer, authorization } = await this.ask(method, path, form);
    if (answer.statusCode === 401 && this.session) {
      // The ticket is no longer taken, as after a restart of the node. Nothing was done: it is asked once more.
      await answer.body.dump();
      await this.session.forget(authorization);
      ({ answer, authorization } = await this.ask(method, path, form));
    }
    const text = await answer.body.text();
    const body = parse<ApiAnswer<T> & { message?: string; errors?: Record<string, string> }>(text);
    if (answer.statusCode >= 200 && answer.statusCode < 300 && body) return body;
    throw this.refusal(method, path, answer.statusCode, body?.message ?? answer.statusText, body?.errors);
  }

  private refusal(...of: ConstructorParameters<typeof ApiError>): ApiError {
    const error = new ApiError(...of);
    if (error.status === 401) this.onRefused?.(error);
    return error;
  }

  private async ask(method: Dispatcher.HttpMethod, path: string, form: Form | undefined) {
    const authorization = await this.authorization();
    const type = form && { 'content-type': 'application/x-www-form-urlencoded' };
    const headers = { ...authorization, ...type };
    const answer = await this.send(path, { method, headers, body: form ? encode(form) : null });
    return { answer, authorization };
  }

  /** Throws NodeUnreachableError where no answer comes. */
  private async send(path: string, options: Pick<Dispatcher.RequestOptions, 'method' | 'headers' | 'body'>) {
    const { endpoint } = this.target;
    try {
      return await request(`${endpoint}/api2/json/${path}`, { ...options, dispatcher: this.agent });
    } catch (error) {
      throw new NodeUnreachableError(endpoint, error, this.target);
    }
  }

  private async authorization(): Promise<Readonly<Record<string, string>>> {
    const { credentials } = this.target;
    if (credentials.kind === 'token') return { authorization: `PVEAPIToken=${credentials.token}` };
    return this.session?.headers() ?? {};
  }

  private async ticket(username: string, password: string): Promise<Ticket> {
    const answer = await this.send('access/ticket', {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: encode({ username, password }),
    });
    const text = await answer.body.text();
    const data = parse<{ data?: Ticket | null }>(text)?.data;
    if (!data)
      throw this.refusal('POST', 'access/ticket', answer.statusCode, `login as ${username} was refused`);
    return data;
  }
}

/** Made once, as reading the system's CAs costs more than a call. The local node's own CA is the only one for it. */
function secureContext({ kind, caFile, caDirectories, oldestTls, insecure }: Target): SecureContext {
  const trusted = kind === 'local' ? { caFile, caDirectories: [] } : { caFile, caDirectories };
  return createSecureContext({
    ca: insecure ? undefined : trustedCertificates(trusted)?.slice(),
    minVersion: oldestTls,
  });
}

function parse<T>(text: string): T | undefined {
  try {
    return JSON.parse(text) as T;
  } catch {
    return undefined;
  }
}
