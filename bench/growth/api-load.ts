/**
 * What clients of the API get from a node with many guests: the time of each list, and what a crowd of clients gets
 * that calls without a pause. A process of its own, so that what clients compute is not the node's. Prints JSON.
 *
 *   npx tsx bench/growth/api-load.ts CONNECTION-FILE GUESTS [clients, default 50] [seconds, default 20]
 */
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { median, quantile } from 'simple-statistics';
import { FIRST_VMID } from '../lab-file';
import { type ApiLoad, LISTS } from './lists';

/** What the crowd asks in turn: the lists of an interface that is open, and the guest that it shows. */
const CALLS = [...LISTS, '/nodes/pve/qemu/VMID/status/current', '/nodes/pve/qemu/VMID/config'];

const [connectionFile = '', guests = '', clients = '50', seconds = '20'] = process.argv.slice(2);
const connection = JSON.parse(readFileSync(connectionFile, 'utf8')) as Record<
  'endpoint' | 'caFile' | 'tokenFile',
  string
>;
const agent = new Agent({
  ca: readFileSync(connection.caFile),
  keepAlive: true,
  maxSockets: Number(clients),
});
const authorization = `PVEAPIToken=${readFileSync(connection.tokenFile, 'utf8').trim()}`;

/** Milliseconds of one call, its answer received. */
function call(path: string): Promise<number> {
  const begin = performance.now();
  return new Promise((resolve, reject) => {
    const sent = request(
      new URL(`/api2/json${path}`, connection.endpoint),
      { agent, headers: { authorization } },
      (answer) => {
        answer.on('error', reject).on('end', () => {
          if (answer.statusCode === 200) resolve(performance.now() - begin);
          else reject(new Error(`GET ${path}: ${answer.statusCode} ${answer.statusMessage}`));
        });
        answer.resume();
      },
    );
    sent.on('error', reject).end();
  });
}

async function timeOf(path: string): Promise<number> {
  const times: number[] = [];
  for (let turn = 0; turn < 11; turn++) times.push(await call(path));
  return median(times.slice(1)); // the first one warms up
}

async function crowd(): Promise<readonly number[]> {
  const times: number[] = [];
  const end = performance.now() + Number(seconds) * 1000;
  const client = async (number: number): Promise<void> => {
    for (let turn = number; performance.now() < end; turn++) {
      const vmid = FIRST_VMID + ((turn * 7) % Number(guests));
      const path = CALLS[turn % CALLS.length] ?? '';
      times.push(await call(path.replace('VMID', String(vmid))));
    }
  };
  await Promise.all(Array.from({ length: Number(clients) }, (_, number) => client(number)));
  return times;
}

async function main(): Promise<void> {
  const lists: Record<string, number> = {};
  for (const path of LISTS) lists[path] = await timeOf(path);
  const times = [...(await crowd())];
  const load: ApiLoad = {
    lists,
    callsPerSecond: times.length / Number(seconds),
    p50: median(times),
    p99: quantile(times, 0.99),
  };
  console.log(JSON.stringify(load));
  agent.destroy();
}

void main();
