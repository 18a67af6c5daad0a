import { once } from 'node:events';
import { type Duplex, duplexPair } from 'node:stream';
import { WebSocket } from 'ws';
import { type ApiServer, listen } from '../../../local-node/api/server';
import type { ConsoleMode } from '../../../local-node/engine/container-engine';
import { emptyConfig } from '../../../local-node/formats/guest-config';
import { callApi, startTestNode, type TestNode } from '../test-node';

let lab: TestNode;
let server: ApiServer;
/** The far end of the container's terminal, and what was asked of it. */
let far: Duplex;
const asked: [vmid: number, mode: ConsoleMode][] = [];
const sizes: [columns: number, rows: number][] = [];

beforeAll(async () => {
  lab = await startTestNode();
  server = await listen(lab.node, { port: 0 });
  const values = new Map([['rootfs', 'local-lvm:302/subvol-302-disk-0.subvol']]);
  await lab.node.guests.containers.store.write(302, emptyConfig(values));
  jest.spyOn(lab.node.guests.containers.engine, 'console').mockImplementation(async (vmid, mode) => {
    asked.push([vmid, mode]);
    const [near, other] = duplexPair();
    far = other;
    return { stream: near, resize: (...size) => sizes.push(size) };
  });
});
afterAll(async () => {
  await server.close();
  await lab.close();
});

type Offer = Readonly<Record<'user' | 'ticket' | 'port' | 'upid', string>>;

async function offer(): Promise<Offer> {
  const { status, data } = await callApi(lab, 'POST', '/nodes/pve/lxc/302/termproxy');
  expect([status, Object.keys(data as Offer).sort()]).toEqual([200, ['port', 'ticket', 'upid', 'user']]);
  return data as Offer;
}

function socketOf({ port, ticket }: Offer): WebSocket {
  const query = new URLSearchParams({ port, vncticket: ticket });
  const place = `${server.endpoint.replace('https', 'wss')}/api2/json/nodes/pve/lxc/302/vncwebsocket`;
  return new WebSocket(`${place}?${query}`, ['binary'], {
    headers: { authorization: `PVEAPIToken=${lab.token}` },
    rejectUnauthorized: false,
  });
}

test("a container's terminal carries what is typed, what it shows and the size of the window", async () => {
  const given = await offer();
  const client = socketOf(given);
  let said = '';
  client.on('message', (data) => {
    said += String(data);
  });
  await once(client, 'open');
  far.write('mini login: ');
  client.send(`${given.user}:${given.ticket}\n`);
  client.send('1:132:43:0:5:root\r');
  expect(String((await once(far, 'data'))[0])).toBe('root\r');
  while (!said.includes('login: ')) await once(client, 'message');
  // Of a virtual machine's serial port it would say so.
  expect(said).toBe('OKmini login: ');
  expect(sizes).toEqual([[132, 43]]);
  expect(asked).toEqual([[302, 'tty']]);
  client.close();
  const ended = await lab.node.tasks.wait(given.upid, 10);
  expect(ended).toMatchObject({ parsed: { type: 'vncproxy', id: '302' }, exitStatus: 'OK' });
});

test('its configuration says what the terminal is of', async () => {
  await callApi(lab, 'PUT', '/nodes/pve/lxc/302/config', { cmode: 'shell' });
  const client = socketOf(await offer());
  await once(client, 'open');
  expect(asked.at(-1)).toEqual([302, 'shell']);
  client.terminate();
});

test('one that does not run is offered a terminal, whose task fails; one that is not there is not', async () => {
  jest
    .mocked(lab.node.guests.containers.engine.console)
    .mockRejectedValueOnce(new Error('CT 302 not running'));
  const { upid } = await offer();
  expect((await lab.node.tasks.wait(upid, 10)).exitStatus).toBe('CT 302 not running');
  expect(await callApi(lab, 'POST', '/nodes/pve/lxc/303/termproxy')).toMatchObject({
    ...{ status: 500, reason: "Configuration file 'nodes/pve/lxc/303.conf' does not exist" },
  });
});
