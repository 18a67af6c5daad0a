import { once } from 'node:events';
import { type Duplex, duplexPair } from 'node:stream';
import { WebSocket } from 'ws';
import { type ApiServer, listen } from '../../../local-node/api/server';
import { callApi, PASSWORD, rootHeaders, startTestNode, type TestNode } from '../test-node';

/** The far ends of the guest's connections, in the order in which they were asked for. */
const guestEnds: Duplex[] = [];
let lab: TestNode;
let server: ApiServer;

beforeAll(async () => {
  lab = await startTestNode({ rootPassword: PASSWORD });
  server = await listen(lab.node, { port: 0 });
  await callApi(lab, 'POST', '/nodes/pve/qemu', { vmid: '301', name: 'con', memory: '64' });
  const connect = async (): Promise<Duplex> => {
    const [near, far] = duplexPair();
    guestEnds.push(far);
    return near;
  };
  jest.spyOn(lab.node.engine, 'screen').mockImplementation(connect);
  jest.spyOn(lab.node.engine, 'serial').mockImplementation(connect);
});
afterEach(() => {
  for (const end of guestEnds.splice(0)) end.destroy();
});
afterAll(async () => {
  await server.close();
  await lab.close();
});

interface Offer {
  readonly user: string;
  readonly ticket: string;
  readonly port: string;
  readonly upid: string;
  readonly password?: string;
  readonly cert?: string;
}

async function offer(
  kind: 'vncproxy' | 'termproxy',
  parameters: Record<string, string> = {},
): Promise<Offer> {
  const answer = await callApi(lab, 'POST', `/nodes/pve/qemu/301/${kind}`, parameters);
  expect(answer.status).toBe(200);
  return answer.data as Offer;
}

function socketOf(
  { ticket, port }: Offer,
  change: { token?: string; protocols?: string[]; vmid?: number } = {},
): WebSocket {
  const query = new URLSearchParams({ port, vncticket: ticket });
  const url = `${server.endpoint.replace('https', 'wss')}/api2/json/nodes/pve/qemu/${change.vmid ?? 301}/vncwebsocket?${query}`;
  return new WebSocket(url, change.protocols ?? ['binary'], {
    headers: { authorization: `PVEAPIToken=${change.token ?? lab.token}` },
    rejectUnauthorized: false,
  });
}

async function refusal(socket: WebSocket): Promise<[number, string]> {
  socket.on('error', () => undefined);
  const [, response] = await once(socket, 'unexpected-response');
  return [response.statusCode, response.statusMessage];
}

test("a screen is a stream of bytes both ways, and its task ends with the client's connection", async () => {
  const given = await offer('vncproxy', { websocket: '1' });
  expect(given.password).toMatch(/^[A-Za-z0-9]{8}$/);
  expect(given.ticket.startsWith(`${given.password}:PVEVNC:`)).toBe(true);
  expect(given.cert).toContain('BEGIN CERTIFICATE');
  const client = socketOf(given);
  const [first] = await Promise.all([
    once(client, 'message'),
    once(client, 'open').then(() => guestEnds[0]?.write('RFB 003.008\n')),
  ]);
  expect(client.protocol).toBe('binary');
  expect(String(first[0])).toBe('RFB 003.008\n');
  expect(first[1]).toBe(true);
  client.send('RFB 003.008\n');
  const [reached] = await once(guestEnds[0] as Duplex, 'data');
  expect(String(reached)).toBe('RFB 003.008\n');
  client.close();
  const task = await lab.node.tasks.wait(given.upid, 10);
  expect(task).toMatchObject({ parsed: { type: 'vncproxy', id: '301' }, exitStatus: 'OK' });
});

test('a terminal begins with user and ticket, and tells input from the size of the window', async () => {
  const given = await offer('termproxy');
  const client = socketOf(given);
  const said: string[] = [];
  client.on('message', (data) => said.push(String(data)));
  await once(client, 'open');
  client.send(`${given.user}:${given.ticket}\n`);
  // Messages may come in pieces, and several at once.
  client.send('0:4:ls -1:80:24:2');
  client.send('0:3:l');
  client.send('\u00e9');
  const received: Buffer[] = [];
  for await (const chunk of guestEnds[0] as Duplex) {
    received.push(chunk as Buffer);
    if (Buffer.concat(received).length >= 7) break;
  }
  expect(Buffer.concat(received).toString()).toBe('ls -l\u00e9');
  while (said.length < 2) await once(client, 'message');
  expect(said.join('')).toBe('OKstarting serial terminal on interface serial0\r\n');
  client.close();
});

test.each(['vncproxy', 'termproxy'] as const)(
  'the task of %s ends with a client that goes without a word',
  async (kind) => {
    const given = await offer(kind);
    const client = socketOf(given);
    await once(client, 'open');
    if (kind === 'termproxy') client.send(`${given.user}:${given.ticket}\n`);
    guestEnds[0]?.write('login: ');
    await once(client, 'message');
    client.terminate();
    expect((await lab.node.tasks.wait(given.upid, 10)).exitStatus).toBe('OK');
  },
);

test('a terminal says OK before anything that the guest writes, however early', async () => {
  const given = await offer('termproxy');
  const client = socketOf(given);
  const said: string[] = [];
  client.on('message', (data) => said.push(String(data)));
  await once(client, 'open');
  guestEnds[0]?.write('login: ');
  client.send(`${given.user}:${given.ticket}\n`);
  while (!said.join('').includes('login: ')) await once(client, 'message');
  expect(said.join('')).toMatch(/^OKstarting serial terminal/);
  client.close();
});

test('another ticket as the first line of a terminal closes it, and nothing reaches the guest', async () => {
  const given = await offer('termproxy');
  const client = socketOf(given);
  await once(client, 'open');
  const reached: Buffer[] = [];
  guestEnds[0]?.on('data', (chunk: Buffer) => reached.push(chunk));
  client.send(`${given.user}:PVEVNC:00000000::x\n0:1:a`);
  await once(client, 'close');
  expect(reached).toEqual([]);
});

test('a ticket is for one guest, one port, one caller and one connection', async () => {
  await callApi(lab, 'POST', '/nodes/pve/qemu', { vmid: '302', memory: '64' });
  const root = await rootHeaders(lab);
  await callApi(lab, 'POST', '/access/users', { userid: 'eve@pve' }, root);
  await callApi(lab, 'PUT', '/access/acl', { path: '/', users: 'eve@pve', roles: 'Administrator' }, root);
  const eve = await callApi(lab, 'POST', '/access/users/eve@pve/token/tok', { privsep: '0' }, root);
  const token = `eve@pve!tok=${(eve.data as { value: string }).value}`;
  const given = await offer('vncproxy', { websocket: '1' });
  const invalid = [401, 'permission denied - invalid PVEVNC ticket'];
  expect(await refusal(socketOf({ ...given, ticket: `${given.ticket}x` }))).toEqual(invalid);
  expect(await refusal(socketOf({ ...given, port: '5999' }))).toEqual(invalid);
  expect(await refusal(socketOf(given, { vmid: 302 }))).toEqual(invalid);
  expect(await refusal(socketOf(given, { token }))).toEqual(invalid);
  expect((await refusal(socketOf({ ...given, port: '80' })))[0]).toBe(400);
  expect(await refusal(socketOf(given, { token: 'eve@pve!tok=wrong' }))).toEqual([401, expect.any(String)]);
  const client = socketOf(given);
  await once(client, 'open');
  expect(await refusal(socketOf(given))).toEqual(invalid);
  client.close();
});

test('another protocol than binary closes the connection, and without one none is named', async () => {
  const other = socketOf(await offer('vncproxy'), { protocols: ['base64'] });
  await expect(once(other, 'open')).rejects.toThrow();
  const none = socketOf(await offer('vncproxy'), { protocols: [] });
  await once(none, 'open');
  expect(none.protocol).toBe('');
  none.close();
});

test('a ticket among the protocols logs a page in, and counts before the cookies of others', async () => {
  const { ticket } = lab.node.access.ticket('root@pam');
  const root = await rootHeaders(lab);
  const { data } = await callApi(lab, 'POST', '/nodes/pve/qemu/301/termproxy', {}, root);
  const open = (text: string, cookie: string) => {
    const { port, ticket: vncticket } = data as Offer;
    const query = new URLSearchParams({ port, vncticket });
    const address = `${server.endpoint.replace('https', 'wss')}/api2/json/nodes/pve/qemu/301/vncwebsocket?${query}`;
    const protocols = ['binary', `PVEAuthCookie.${Buffer.from(text).toString('base64url')}`];
    return new WebSocket(address, protocols, { headers: { cookie }, rejectUnauthorized: false });
  };
  const mine = `PVEAuthCookie=${encodeURIComponent(ticket)}`;
  expect((await refusal(open('PVE:root@pam:00000000::forged', mine)))[0]).toBe(401);
  const client = open(ticket, 'PVEAuthCookie=of-another-port');
  await once(client, 'open');
  expect(client.protocol).toBe('binary');
  client.close();
});

test('without VM.Console nobody gets a ticket, or learns whether one is right', async () => {
  const root = await rootHeaders(lab);
  await callApi(lab, 'POST', '/access/users', { userid: 'mallory@pve' }, root);
  const made = await callApi(lab, 'POST', '/access/users/mallory@pve/token/tok', { privsep: '0' }, root);
  const token = `mallory@pve!tok=${(made.data as { value: string }).value}`;
  const headers = { authorization: `PVEAPIToken=${token}` };
  const refused = { status: 403, reason: 'Permission check failed (/vms/301, VM.Console)' };
  for (const kind of ['vncproxy', 'termproxy', 'spiceproxy']) {
    expect(await callApi(lab, 'POST', `/nodes/pve/qemu/301/${kind}`, {}, headers)).toMatchObject(refused);
  }
  const given = await offer('vncproxy');
  expect(await refusal(socketOf(given, { token }))).toEqual([refused.status, refused.reason]);
});

test('nothing else of the node speaks WebSocket', async () => {
  const socket = new WebSocket(`${server.endpoint.replace('https', 'wss')}/api2/json/version`, {
    headers: { authorization: `PVEAPIToken=${lab.token}` },
    rejectUnauthorized: false,
  });
  expect((await refusal(socket))[0]).toBe(501);
});

test('a client that came before its guest failed is let go', async () => {
  let fail: (fault: Error) => void = () => undefined;
  const failing = new Promise<never>((_resolve, reject) => {
    fail = reject;
  });
  jest.mocked(lab.node.engine.screen).mockReturnValueOnce(failing);
  const client = socketOf(await offer('vncproxy'));
  await once(client, 'open');
  fail(new Error('VM 301 not running'));
  await once(client, 'close');
});

test('the screen of a guest that has none is offered, and its task fails', async () => {
  jest.mocked(lab.node.engine.screen).mockRejectedValueOnce(new Error('VM 301 not running'));
  const { upid } = await offer('vncproxy', { websocket: '1' });
  expect((await lab.node.tasks.wait(upid, 10)).exitStatus).toBe('VM 301 not running');
});
