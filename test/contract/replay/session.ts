import type { FastifyInstance } from 'fastify';
import type { LocalNode } from '../../../local-node/node';
import { type Answer, difference } from './compare';
import { type NumberedCall, type RecordedCall, saysRunning } from './recording';
import { isSupported } from './supported';

/** What a file of recorded calls needs that its lines do not hold. */
export interface Surroundings {
  /** user@realm!id=secret for calls with auth "token". */
  readonly token?: string;
  /** Body of an upload by the call's note. */
  readonly uploads?: Readonly<Record<string, { content: string; fileName: string; bytes: Buffer }>>;
  /** Raw bodies by the call's note: content type and text. */
  readonly bodies?: Readonly<Record<string, readonly [string, string]>>;
  /** Passwords by the call's note, where it is not the right one. */
  readonly passwords?: Readonly<Record<string, string>>;
  /** Texts of this file alone and what stands for them. */
  readonly places?: readonly (readonly [string, string])[];
  /** Called before each call. */
  readonly before?: (call: NumberedCall) => void | Promise<void>;
}

export interface Outcome {
  readonly call: NumberedCall;
  /** Undefined = it matches. */
  readonly difference?: string;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f-]{27}$/;

export const ROOT_PASSWORD = 'password of the replay';

/** Sends recorded calls to a local node, in its names, and compares the answers, in theirs. */
export class ReplaySession {
  /** Calls that the local node was not asked, because it has no such path or no such task. */
  readonly notAsked: NumberedCall[] = [];
  /** Our UPIDs, pids and the like, by the recorded ones. */
  private readonly ours = new Map<string, string>();
  private ofFile: readonly (readonly [string, string])[] = [];
  private ticket = '';
  private csrfToken = '';

  constructor(
    private readonly node: LocalNode,
    private readonly app: FastifyInstance,
    /** Texts of the recording and what stands for them here, for example addresses and directories. */
    private readonly places: readonly (readonly [string, string])[],
  ) {}

  async run(calls: readonly NumberedCall[], around: Surroundings): Promise<Outcome[]> {
    const outcomes: Outcome[] = [];
    this.ofFile = around.places ?? [];
    for (const call of calls) {
      // Polls that say "running" are held open here until the task ends; the last poll tells how it did.
      if (call.status === undefined || saysRunning(call)) continue;
      if (!isSupported(call) || this.isOfTaskNotRun(call)) {
        this.notAsked.push(call);
        continue;
      }
      await around.before?.(call);
      const answer = await this.send(call, around);
      this.learn(call, answer);
      const found = difference(call, { ...answer, body: this.inTheirs(answer.body) as Answer['body'] });
      outcomes.push({ call, difference: found });
    }
    return outcomes;
  }

  /** A call that is not recorded but must have been made; throws unless it succeeds. */
  async prepare(
    method: 'POST' | 'PUT' | 'DELETE',
    path: string,
    form: Readonly<Record<string, string>>,
  ): Promise<void> {
    const call: RecordedCall = {
      method,
      path: `/api2/json${path}`,
      form: Object.entries(form),
      auth: 'ticket',
    };
    const answer = await this.send(call, {});
    if (answer.status !== 200) throw new Error(`${method} ${path}: ${answer.status} ${answer.reason}`);
    const { data } = answer.body as { data: unknown };
    if (typeof data === 'string' && data.startsWith('UPID')) await this.node.tasks.wait(data, 10);
  }

  /** Does the call ask for a task that only the recorded node ran, being of a path that is not supported? */
  private isOfTaskNotRun(call: RecordedCall): boolean {
    const upid = /\/tasks\/(UPID[^/?]+)/.exec(decodeURIComponent(call.path))?.[1];
    return upid !== undefined && call.status === 200 && !this.ours.has(upid);
  }

  private async send(call: RecordedCall, around: Surroundings): Promise<Answer> {
    const headers: Record<string, string> = {};
    if (call.auth === 'token') headers.authorization = `PVEAPIToken=${around.token}`;
    if (call.auth === 'ticket') {
      const ticket = call.note === 'garbage ticket' ? 'PVE:root@pam:00000000::none' : this.ticket;
      headers.cookie = `PVEAuthCookie=${encodeURIComponent(ticket)}`;
      if (call.csrf !== false) headers.csrfpreventiontoken = this.csrfToken;
    }
    const body = this.bodyOf(call, around);
    if (body) headers['content-type'] = body[0];
    const response = await this.app.inject({
      method: call.method,
      url: this.inOurs(call.path),
      headers,
      ...(body ? { payload: body[1] } : {}),
    });
    const text = response.payload;
    return { status: response.statusCode, reason: response.statusMessage, body: parse(text) };
  }

  private bodyOf(call: RecordedCall, around: Surroundings): readonly [string, string | Buffer] | undefined {
    const note = call.note ?? '';
    const raw = around.bodies?.[note];
    if (raw) return raw;
    const upload = around.uploads?.[note];
    if (upload) return multipart(upload);
    if (!call.form || call.method === 'GET' || call.method === 'DELETE') return undefined;
    const pairs = new URLSearchParams();
    for (const [name, value] of call.form) {
      const secret =
        around.passwords?.[note] ?? (call.path.endsWith('ticket') ? ROOT_PASSWORD : 'a long password');
      pairs.append(name, value === '***' ? secret : this.inOurs(String(value)));
    }
    return ['application/x-www-form-urlencoded', pairs.toString()];
  }

  /** Pairs what differs from run to run: UPIDs, and pids that are asked for later. */
  private learn(call: RecordedCall, answer: Answer): void {
    const theirs = (call.body as { data?: unknown } | undefined)?.data;
    const ours = (answer.body as { data?: unknown } | undefined)?.data;
    if (typeof theirs === 'string' && theirs.startsWith('UPID') && typeof ours === 'string') {
      this.ours.set(theirs, ours);
    }
    const [their, our] = [theirs, ours].map((data) => (data as { pid?: number } | null | undefined)?.pid);
    if (call.path.endsWith('/agent/exec') && their !== undefined && our !== undefined) {
      this.ours.set(`pid=${their}`, `pid=${our}`);
    }
    // A job that was made without an id has one of its node's making.
    if (call.path.endsWith('/cluster/backup') && Array.isArray(theirs) && Array.isArray(ours)) {
      for (const [index, row] of (theirs as { id: string }[]).entries()) {
        const own = (ours as { id: string }[])[index]?.id;
        if (own !== undefined && UUID.test(row.id)) this.ours.set(row.id, own);
      }
    }
    const login = ours as { ticket?: string; CSRFPreventionToken?: string } | undefined;
    if (login?.ticket && login.CSRFPreventionToken) {
      this.ticket = login.ticket;
      this.csrfToken = login.CSRFPreventionToken;
    }
  }

  private inOurs(text: string): string {
    let result = text;
    for (const [theirs, ours] of [...this.ours, ...this.ofFile, ...this.places]) {
      result = result.replaceAll(theirs, ours);
      result = result.replaceAll(encodeURIComponent(theirs), encodeURIComponent(ours));
      // Path segments as the provider writes them: ! and / escaped, : not.
      result = result.replaceAll(theirs.replaceAll('!', '%21'), ours.replaceAll('!', '%21'));
    }
    return result;
  }

  private inTheirs(body: unknown): unknown {
    let text = JSON.stringify(body) ?? 'null';
    for (const [theirs, ours] of [...this.ours, ...this.ofFile, ...this.places])
      text = text.replaceAll(ours, theirs);
    return JSON.parse(text.replaceAll(this.node.stateDir, '')) as unknown;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function multipart(upload: { content: string; fileName: string; bytes: Buffer }): [string, Buffer] {
  const boundary = 'boundary-of-the-replay';
  const head = [
    `--${boundary}\r\nContent-Disposition: form-data; name="content"\r\n\r\n${upload.content}\r\n`,
    `--${boundary}\r\nContent-Disposition: form-data; name="filename"; filename="${upload.fileName}"\r\n`,
    'Content-Type: application/octet-stream\r\n\r\n',
  ].join('');
  const body = Buffer.concat([Buffer.from(head), upload.bytes, Buffer.from(`\r\n--${boundary}--\r\n`)]);
  return [`multipart/form-data; boundary=${boundary}`, body];
}
