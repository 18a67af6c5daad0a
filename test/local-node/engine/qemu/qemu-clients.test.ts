import { once } from 'node:events';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AgentCommandError, AgentNotRunningError } from '../../../../local-node/engine/guest-engine';
import { GuestAgentClient } from '../../../../local-node/engine/qemu/guest-agent-client';
import { HeldSocket } from '../../../../local-node/engine/qemu/held-socket';
import { QmpClient, QmpError } from '../../../../local-node/engine/qemu/qmp-client';

let directory: string;
let server: Server;
const sockets = new Set<Socket>();

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'qemu-clients-'));
});

afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  await new Promise((resolve) => server.close(resolve));
  rmSync(directory, { recursive: true, force: true });
});

interface Message {
  readonly execute: string;
  readonly arguments?: Record<string, unknown>;
  readonly id?: number;
}

/** A server that answers each line of JSON with what `reply` returns, byte for byte. */
async function serve(
  reply: (message: Message, socket: Socket) => string | Buffer | undefined,
  greeting = '',
) {
  const path = join(directory, 'socket');
  server = createServer((socket) => {
    sockets.add(socket);
    socket.write(greeting);
    let rest = '';
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      const lines = (rest + chunk.toString('latin1')).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const answer = reply(JSON.parse(line.replace(/^\xff/, '')) as Message, socket);
        if (answer !== undefined) socket.write(answer);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return path;
}

const line = (value: unknown) => `${JSON.stringify(value)}\n`;

describe('QmpClient', () => {
  const GREETING = line({ QMP: { version: {}, capabilities: [] } });

  test('answers are matched by id, events between them are passed over', async () => {
    const path = await serve(({ execute, id }) => {
      if (execute === 'qmp_capabilities') return line({ return: {}, id });
      return line({ event: 'RESUME', data: {} }) + line({ return: { command: execute }, id });
    }, GREETING);
    const client = await QmpClient.connect(path, 'VM 100');
    const answers = await Promise.all([client.execute('query-status'), client.execute('query-name')]);
    expect(answers).toEqual([{ command: 'query-status' }, { command: 'query-name' }]);
    client.close();
    await client.closed;
  });

  test("an error carries the guest and QEMU's own words", async () => {
    const path = await serve(({ execute, id }) =>
      execute === 'qmp_capabilities'
        ? line({ return: {}, id })
        : line({ error: { class: 'GenericError', desc: "Device 'x' not found" }, id }),
    );
    const client = await QmpClient.connect(path, 'VM 100');
    await expect(client.execute('block_resize')).rejects.toThrow("VM 100: Device 'x' not found");
    client.close();
  });

  test('what waits is refused when QEMU ends, and so is what comes after', async () => {
    const path = await serve(({ execute, id }, socket) => {
      if (execute === 'qmp_capabilities') return line({ return: {}, id });
      socket.destroy();
      return undefined;
    });
    const client = await QmpClient.connect(path, 'VM 100');
    await expect(client.execute('query-status')).rejects.toThrow(QmpError);
    await client.closed;
    await expect(client.execute('query-status')).rejects.toThrow('QEMU closed its monitor');
  });

  test('a monitor that stays silent does not hang its client', async () => {
    const path = await serve(({ execute, id }) =>
      execute === 'qmp_capabilities' ? line({ return: {}, id }) : undefined,
    );
    const client = await QmpClient.connect(path, 'VM 100');
    await expect(client.execute('query-status', {}, 5)).rejects.toThrow("did not answer 'query-status'");
    client.close();
  });
});

describe('a QEMU that a guest has taken over', () => {
  const MIB = 2 ** 20;

  /** A client whose every question but the first is answered with `answer`. */
  async function hearing(answer: string | Buffer): Promise<QmpClient> {
    const path = await serve(({ execute, id }) =>
      execute === 'qmp_capabilities' ? line({ return: {}, id }) : answer,
    );
    return QmpClient.connect(path, 'VM 100');
  }

  test.each([
    ['null', 'null\n'],
    ['a number', '5\n'],
    ['no JSON', '{\n'],
    ['a line without an end', Buffer.alloc(17 * MIB, ' ')],
  ])('that says %s is not listened to any longer', async (_what, answer) => {
    const client = await hearing(answer);
    await expect(client.execute('query-status')).rejects.toThrow('QEMU closed its monitor');
    await client.closed;
  });

  test('cannot send its client elsewhere by a link in the place of its socket', async () => {
    const path = await serve(({ id }) => line({ return: {}, id }));
    const lure = join(directory, 'lure');
    symlinkSync(path, lure);
    await expect(QmpClient.connect(lure, 'VM 100')).rejects.toThrow(/cannot be reached/);
    expect(() => HeldSocket.hold(directory)).toThrow('is no socket');

    const held = HeldSocket.hold(path);
    rmSync(path);
    symlinkSync('/nowhere', path);
    const socket = createConnection(held.path);
    await once(socket, 'connect');
    socket.destroy();
    held.close();
    held.close();
    expect(() => held.path).toThrow('held no more');
  });
});

describe('GuestAgentClient', () => {
  const SHORT = { handshake: 20, command: 20, silence: 5 };
  const LONG = { handshake: 5_000, command: 5_000, silence: 5_000 };
  const synced = ({ arguments: args }: Message) =>
    Buffer.concat([Buffer.from([0xff]), Buffer.from(line({ return: args?.id }))]);

  test('answers that an earlier client left are passed over', async () => {
    const path = await serve((message) =>
      message.execute === 'guest-sync-delimited'
        ? Buffer.concat([Buffer.from(line({ return: 'stale' })), Buffer.from('half a li\n'), synced(message)])
        : line({ return: { command: message.execute, arguments: message.arguments } }),
    );
    const client = new GuestAgentClient({ path }, LONG);
    const answer = await client.execute('guest-file-open', { path: '/etc/hostname' });
    expect(answer).toEqual({ command: 'guest-file-open', arguments: { path: '/etc/hostname' } });
  });

  test("an error is the agent's own", async () => {
    const path = await serve((message) =>
      message.execute === 'guest-sync-delimited'
        ? synced(message)
        : line({ error: { class: 'GenericError', desc: 'No such file or directory' } }),
    );
    const failed = new GuestAgentClient({ path }, LONG).execute('guest-file-open', { path: '/nope' });
    await expect(failed).rejects.toThrow(AgentCommandError);
    await expect(failed).rejects.toThrow('No such file or directory');
  });

  test('an agent that does not take part in the handshake is not running', async () => {
    const path = await serve(() => undefined);
    await expect(new GuestAgentClient({ path }, SHORT).execute('guest-ping')).rejects.toThrow(
      AgentNotRunningError,
    );
  });

  test('a socket that is not there means an agent that is not running', async () => {
    await serve(() => undefined);
    const client = new GuestAgentClient({ path: join(directory, 'nope') }, LONG);
    await expect(client.execute('guest-ping')).rejects.toThrow(AgentNotRunningError);
  });

  test('an agent that sends without end is not listened to any longer', async () => {
    const path = await serve((message) =>
      message.execute === 'guest-sync-delimited' ? synced(message) : Buffer.alloc(33 * 2 ** 20, ' '),
    );
    const answer = new GuestAgentClient({ path }, { ...LONG, command: 600_000 }).execute('guest-ping');
    await expect(answer).rejects.toThrow("did not answer 'guest-ping'");
  });

  test('a long answer in many pieces is one answer', async () => {
    const text = 'ö'.repeat(2 ** 20);
    const path = await serve((message) =>
      message.execute === 'guest-sync-delimited' ? synced(message) : line({ return: text }),
    );
    expect(await new GuestAgentClient({ path }, LONG).execute('guest-file-read')).toBe(text);
  });

  test('the silence after a shutdown is its success', async () => {
    const path = await serve((message) =>
      message.execute === 'guest-sync-delimited' ? synced(message) : undefined,
    );
    await expect(
      new GuestAgentClient({ path }, { ...LONG, silence: 5 }).execute('guest-shutdown'),
    ).resolves.toBeUndefined();
  });

  test('commands run one after the other, and a failed one does not stop the next', async () => {
    const seen: string[] = [];
    const path = await serve((message) => {
      if (message.execute === 'guest-sync-delimited') return synced(message);
      seen.push(message.execute);
      return message.execute === 'first'
        ? line({ error: { class: 'X', desc: 'no' } })
        : line({ return: seen.length });
    });
    const client = new GuestAgentClient({ path }, LONG);
    const [first, second] = await Promise.allSettled([client.execute('first'), client.execute('second')]);
    expect(first.status).toBe('rejected');
    expect(second).toEqual({ status: 'fulfilled', value: 2 });
    expect(seen).toEqual(['first', 'second']);
  });
});
