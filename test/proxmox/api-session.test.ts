import { type ApiServer, listen } from '../../local-node/api/server';
import { ApiClient } from '../../proxmox/api-client';
import { ApiSession, type Ticket } from '../../proxmox/api-session';
import { PASSWORD, startTestNode, type TestNode } from '../local-node/test-node';

const HOUR = 3_600_000;

describe('a session by user name and password', () => {
  let now: number;
  /** What was shown at each login: a password or a ticket. */
  let shown: string[];
  let session: ApiSession;

  beforeEach(() => {
    now = 0;
    shown = [];
    const logIn = async (secret: string): Promise<Ticket> => {
      shown.push(secret);
      return { ticket: `ticket ${shown.length}`, CSRFPreventionToken: `token ${shown.length}` };
    };
    session = new ApiSession(logIn, 'password', () => now);
  });

  const cookie = async (): Promise<string | undefined> => (await session.headers()).cookie;

  test('logs in once for all calls of an hour', async () => {
    const first = await Promise.all([cookie(), cookie()]);
    now = HOUR - 1;
    expect([...first, await cookie()]).toEqual(Array(3).fill('PVEAuthCookie=ticket%201'));
    expect(shown).toEqual(['password']);
  });

  test('is renewed by its ticket before it ends, once for all calls that come at the time', async () => {
    await cookie();
    now = HOUR;
    expect(await Promise.all([cookie(), cookie()])).toEqual(Array(2).fill('PVEAuthCookie=ticket%202'));
    expect(shown).toEqual(['password', 'ticket 1']);
  });

  test('logs in by password again where its ticket is refused', async () => {
    const refused = new ApiSession(
      async (secret) => {
        shown.push(secret);
        if (secret !== 'password') throw new Error('401');
        return { ticket: 'ticket', CSRFPreventionToken: `token ${shown.length}` };
      },
      'password',
      () => now,
    );
    await refused.headers();
    now = HOUR;
    await refused.headers();
    expect(shown).toEqual(['password', 'ticket', 'password']);
  });

  test('logs in again after a call was refused, once for all calls that were', async () => {
    const headers = await session.headers();
    await Promise.all([session.forget(headers), session.forget(headers)]);
    await Promise.all([cookie(), cookie()]);
    await session.forget(headers);
    expect(await cookie()).toBe('PVEAuthCookie=ticket%202');
    expect(shown).toEqual(['password', 'password']);
  });

  test('tries a login that failed again at the next call', async () => {
    let fails = true;
    const logIn = async (): Promise<Ticket> => {
      if (fails) throw new Error('unreachable');
      return { ticket: 'ticket', CSRFPreventionToken: 'token' };
    };
    const unlucky = new ApiSession(logIn, 'password', () => now);
    await expect(unlucky.headers()).rejects.toThrow('unreachable');
    fails = false;
    await expect(unlucky.headers()).resolves.toMatchObject({ cookie: 'PVEAuthCookie=ticket' });
  });
});

describe('a client with a password, on a node whose tickets live two hours', () => {
  let local: TestNode;
  let server: ApiServer;
  let start: number;

  beforeEach(async () => {
    local = await startTestNode();
    start = local.clock.seconds;
    server = await listen(local.node, { port: 0 });
  });
  afterEach(async () => {
    await server.close();
    await local.close();
  });

  const client = (now: () => number): ApiClient => {
    const { endpoint, caFile } = server;
    const credentials = { kind: 'password', username: 'root@pam', password: PASSWORD } as const;
    const ssh = { host: '127.0.0.1', port: 22, username: 'root' };
    const target = {
      kind: 'proxmox',
      nodeName: 'pve',
      insecure: false,
      endpoint,
      caFile,
      credentials,
      ssh,
    } as const;
    return new ApiClient(target, now);
  };

  test('goes on for as long as a run takes', async () => {
    const api = client(() => (local.clock.seconds - start) * 1000);
    for (let minutes = 0; minutes <= 600; minutes += 50) {
      local.clock.seconds = start + minutes * 60;
      await expect(api.get('version')).resolves.toMatchObject({ release: '9.1' });
    }
    await api.close();
  });

  test('logs in again where its ticket has ended unnoticed, as on a machine that slept', async () => {
    const api = client(() => 0);
    await api.get('version');
    local.clock.seconds = start + 3 * 3600;
    await expect(api.post('pools', { poolid: 'lab' })).resolves.toBeNull();
    await api.close();
  });
});
