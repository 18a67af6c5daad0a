import { ApiError } from '../../proxmox/api-client';
import { ExecTimeoutError, GuestAccessError } from '../../proxmox/guest-access';
import { agentFault, GuestAgent } from '../../proxmox/guest-agent';
import { FakeGuest, TestClock } from './fake-guest';

let guest: FakeGuest;
let clock: TestClock;
let agent: GuestAgent;
beforeEach(() => {
  guest = new FakeGuest();
  clock = new TestClock();
  agent = new GuestAgent(guest.client, guest, (milliseconds) => clock.sleep(milliseconds));
});

test('a program in the guest gives its exit code and both outputs', async () => {
  guest.programs = () => ({ exitCode: 3, stdout: 'out', stderr: 'err' });
  await expect(agent.exec(['sh', '-c', 'exit 3'])).resolves.toEqual({
    exitCode: 3,
    stdout: 'out',
    stderr: 'err',
  });
  expect(guest.started).toEqual([['sh', '-c', 'exit 3']]);
});

test('a program that says nothing has empty outputs', async () => {
  await expect(agent.exec(['true'])).resolves.toEqual({ exitCode: 0, stdout: '', stderr: '' });
});

test('a program is waited for until it ends', async () => {
  let done = false;
  guest.programs = () => (done ? { stdout: 'late' } : undefined);
  clock.at(12, () => {
    done = true;
  });
  await expect(agent.exec(['sleep', '12'])).resolves.toMatchObject({ stdout: 'late' });
  expect(clock.seconds).toBeCloseTo(12, 0);
});

test('a program that does not end is named with the time it had', async () => {
  guest.programs = () => undefined;
  const running = agent.exec(['sleep', 'infinity'], { timeoutSeconds: 20 });
  await expect(running).rejects.toThrow(ExecTimeoutError);
  await expect(running).rejects.toThrow('guest 129: sleep infinity still runs after 20 s');
});

test('a program that a signal killed has 128 and the signal as its exit code', async () => {
  const client = Object.assign(guest.client, {
    get: async () => ({ exited: 1, signal: 9 }),
  });
  await expect(new GuestAgent(client, { vmid: 129 }).exec(['x'])).resolves.toMatchObject({ exitCode: 137 });
});

test('a file is read whole, and one that is missing is undefined', async () => {
  guest.files.set('/etc/hostname', 'wordpress\n');
  await expect(agent.readFile('/etc/hostname')).resolves.toBe('wordpress\n');
  await expect(agent.readFile('/nowhere')).resolves.toBeUndefined();
});

test.each([
  ['agent-absent', { agent: 'absent' }],
  ['command-disabled', { agent: 'locked' }],
  ['guest-stopped', { status: 'stopped' }],
  ['guest-vanished', { status: 'gone' }],
] as const)('a guest that cannot be asked is told apart: %s', async (fault, state) => {
  Object.assign(guest, state);
  for (const call of [() => agent.exec(['true']), () => agent.readFile('/etc/hostname')]) {
    const error = await call().then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(GuestAccessError);
    expect(error).toMatchObject({ fault, vmid: 129, message: expect.stringContaining('guest 129: ') });
  }
});

test('an error of the node is passed on as it is, and a missing file is no fault of the agent', () => {
  expect(agentFault(new ApiError('GET', 'x', 401, 'authentication failure'))).toBeUndefined();
  expect(agentFault(new ApiError('GET', 'x', 500, 'No such file or directory'))).toBeUndefined();
});

test('a guest on another node of the cluster is asked there', async () => {
  const other = new FakeGuest(130, 'pve2');
  await expect(new GuestAgent(other.client, other).ping()).resolves.toBeUndefined();
  const onOwn = new GuestAgent(other.client, { vmid: 130 });
  await expect(onOwn.ping()).rejects.toMatchObject({ fault: 'guest-vanished' });
});
