import { ApiError } from '../../proxmox/api-client';
import { GuestNotReadyError } from '../../proxmox/guest-not-ready';
import { type Readiness, waitUntilReady } from '../../proxmox/readiness';
import { FakeGuest, TestClock } from './fake-guest';

const STATUS = '/run/cloud-init/status.json';
const RESULT = '/run/cloud-init/result.json';
const INSTALLED = '/var/lib/lab/status.json';
const TITLE = 'Virtualization Lab WordPress';

let guest: FakeGuest;
let clock: TestClock;
let steps: string[];
beforeEach(() => {
  guest = new FakeGuest();
  clock = new TestClock();
  steps = [];
  guest.programs = ([program]) =>
    program === 'curl' ? { stdout: `<title>${TITLE}</title>` } : { stdout: 'last line of the log\n' };
});

const stage = (current: string | null, errors: Readonly<Record<string, string[]>> = {}): string =>
  JSON.stringify({
    v1: {
      stage: current,
      ...Object.fromEntries(Object.entries(errors).map(([name, list]) => [name, { errors: list, start: 1 }])),
    },
  });
const finish = (errors: string[] = []): void => {
  guest.files.set(STATUS, stage(null, { 'modules-final': errors }));
  guest.files.set(RESULT, JSON.stringify({ v1: { datasource: 'DataSourceNoCloud', errors } }));
};
const install = (installed: boolean, reason: string | null = null): void => {
  const version = installed ? '6.8' : null;
  guest.files.set(INSTALLED, JSON.stringify({ application: 'wordpress', installed, version, reason }));
};

const wait = (options: { timeoutSeconds?: number; requireApplication?: boolean } = {}): Promise<Readiness> =>
  waitUntilReady(
    guest.client,
    {
      name: 'wordpress',
      role: 'wordpress',
      kind: 'vm',
      vmid: guest.vmid,
      address: '192.168.10.29',
      node: guest.node,
    },
    {
      timeoutSeconds: options.timeoutSeconds ?? 1800,
      requireApplication: options.requireApplication ?? true,
      onProgress: (step) => steps.push(step),
      clock,
    },
  );

async function refusal(waiting: Promise<unknown>): Promise<GuestNotReadyError> {
  const error = await waiting.then(
    () => new Error('the guest became ready'),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(GuestNotReadyError);
  return error as GuestNotReadyError;
}

test('a guest is ready when cloud-init has finished and the page of its application carries the title', async () => {
  guest.agent = 'absent';
  clock.at(20, () => {
    guest.agent = 'there';
  });
  clock.at(30, () => guest.files.set(STATUS, stage('init')));
  clock.at(40, () => guest.files.set(STATUS, stage('modules-final')));
  clock.at(90, () => {
    install(true);
    finish();
  });
  await expect(wait()).resolves.toEqual({ installed: true, version: '6.8', reason: null, seconds: 90 });
  expect(steps).toEqual([
    'the guest agent to answer',
    'cloud-init to start',
    'cloud-init (init)',
    'cloud-init (modules-final)',
  ]);
  expect(guest.started).toEqual([expect.arrayContaining(['curl', 'http://192.168.10.29/'])]);
});

test('a failed cloud-init is told with guest, step and log at the next look, long before the deadline', async () => {
  guest.files.set(STATUS, stage('modules-final'));
  const log = Array.from({ length: 25 }, (_, line) => `line ${line}`);
  guest.programs = () => ({ stdout: `${log.join('\n')}\n` });
  clock.at(100, () => finish(["('scripts_user', RuntimeError('Runparts: 1 failures'))"]));
  const error = await refusal(wait());
  expect(clock.seconds - 100).toBeLessThanOrEqual(5);
  expect(error.reason).toBe('cloud-init-failed');
  expect(error.logTail).toEqual(log);
  expect(error.message).toMatch(
    /^wordpress: cloud-init failed in modules-final: .*Runparts.*\n.*\n {2}line 0\n/,
  );
  expect(guest.started).toEqual([['tail', '-n', '25', '/var/log/cloud-init-output.log']]);
});

test('an error of an early stage is told at once, while the later stages still run', async () => {
  guest.files.set(STATUS, stage('modules-config', { init: ['no such disk'] }));
  expect(await refusal(wait())).toMatchObject({
    reason: 'cloud-init-failed',
    message: expect.stringContaining('init: no such disk'),
  });
  expect(clock.seconds).toBeLessThan(5);
});

test('a guest in which cloud-init is disabled is told at once', async () => {
  guest.files.set('/run/cloud-init/disabled', '');
  expect(await refusal(wait())).toMatchObject({
    reason: 'cloud-init-failed',
    message: expect.stringContaining('disabled'),
  });
});

test('a failed cloud-init is told without its log where the log cannot be had', async () => {
  finish(['broken']);
  guest.programs = () => undefined;
  expect(await refusal(wait())).toMatchObject({ reason: 'cloud-init-failed', logTail: [] });
  expect(clock.seconds).toBeLessThan(60);
});

test.each(['stopped', 'gone'] as const)(
  'a guest that is %s while it is waited for ends the wait at once',
  async (status) => {
    guest.files.set(STATUS, stage('modules-final'));
    clock.at(50, () => {
      guest.status = status;
    });
    const error = await refusal(wait());
    expect(error).toMatchObject({
      reason: status === 'gone' ? 'guest-vanished' : 'guest-stopped',
      message: expect.stringContaining('VM 129'),
    });
    expect(clock.seconds).toBeLessThanOrEqual(52);
  },
);

test('a guest whose agent never answers fails at the deadline, with what was last seen and what to look for', async () => {
  guest.agent = 'absent';
  const error = await refusal(wait({ timeoutSeconds: 300 }));
  expect(error).toMatchObject({ reason: 'deadline', logTail: [] });
  expect(error.message).toMatch(
    /not ready after 300 s; it was still waiting for the guest agent to answer.*console/,
  );
  expect(clock.seconds).toBeGreaterThanOrEqual(300);
  expect(clock.seconds).toBeLessThan(310);
});

test('an agent that refuses to run programs is waited for, since the guest opens it, and named at the deadline', async () => {
  guest.agent = 'locked';
  clock.at(40, () => {
    guest.agent = 'there';
    install(true);
    finish();
  });
  await expect(wait()).resolves.toMatchObject({ installed: true, seconds: 40 });
  expect(steps).toEqual(['the guest agent to allow exec and file-read']);
});

test("a restart of the node's API is waited through", async () => {
  finish();
  install(true);
  guest.nodeFault = guest.unreachable();
  clock.at(50, () => {
    guest.nodeFault = undefined;
  });
  await expect(wait()).resolves.toMatchObject({ seconds: 50 });
  expect(steps).toEqual([expect.stringMatching(/^the node's API to answer .*nothing listens/)]);
});

test('a node that stays out of reach for a minute ends the wait, counted from its last answer', async () => {
  guest.files.set(STATUS, stage('init'));
  clock.at(200, () => {
    guest.nodeFault = guest.unreachable();
  });
  const error = await refusal(wait());
  expect(error).toMatchObject({ reason: 'node-unreachable', cause: guest.nodeFault });
  expect(clock.seconds).toBeGreaterThanOrEqual(258);
  expect(clock.seconds).toBeLessThan(270);
});

test('a busy node is waited for, a refusal of the credentials is not', async () => {
  guest.nodeFault = new ApiError('GET', 'x', 599, 'Too many redirections');
  clock.at(10, () => {
    guest.nodeFault = new ApiError('GET', 'x', 401, 'authentication failure');
  });
  await expect(wait()).rejects.toMatchObject({ status: 401 });
  expect(clock.seconds).toBeLessThan(15);
});

describe('an application that could not be installed', () => {
  beforeEach(() => {
    finish();
    install(false, 'its source could not be downloaded');
  });

  test('makes the guest fail where it is required', async () => {
    expect(await refusal(wait({ requireApplication: true }))).toMatchObject({
      reason: 'application-missing',
      message: expect.stringContaining('wordpress is not installed: its source could not be downloaded'),
      logTail: ['last line of the log'],
    });
  });

  test('is reported with its reason where it is not, and its page is not asked for', async () => {
    await expect(wait({ requireApplication: false })).resolves.toEqual({
      installed: false,
      version: null,
      reason: 'its source could not be downloaded',
      seconds: 0,
    });
    expect(guest.started).toEqual([]);
  });
});

test('a page with another title is not taken for the application', async () => {
  finish();
  install(true);
  guest.programs = ([program]) =>
    program === 'curl' ? { stdout: '<html><title>Apache2 Default Page</title>' } : {};
  const error = await refusal(wait({ timeoutSeconds: 60 }));
  expect(error.reason).toBe('deadline');
  expect(error.message).toContain(
    `the title "${TITLE}" on http://192.168.10.29/ (it is "Apache2 Default Page")`,
  );
});

test('a page that does not answer is waited for, with what curl said', async () => {
  finish();
  install(true);
  let asked = 0;
  guest.programs = () => {
    asked += 1;
    return asked < 4
      ? { exitCode: 7, stderr: 'curl: (7) Failed to connect\n' }
      : { stdout: `<title>x - ${TITLE}</title>` };
  };
  await expect(wait()).resolves.toMatchObject({ installed: true });
  expect(steps).toEqual(['http://192.168.10.29/ to answer (curl: (7) Failed to connect)']);
});

test.each(['', '{"application":"word'])(
  'a status that a power cut has left as %j is told at once, with what to do',
  async (text) => {
    finish();
    guest.files.set(INSTALLED, text);
    await expect(wait()).rejects.toMatchObject({
      reason: 'status-unreadable',
      message: expect.stringContaining('restart the guest'),
    });
  },
);

test('a guest on another node of the cluster is waited for there', async () => {
  guest = new FakeGuest(130, 'pve2');
  guest.programs = () => ({ stdout: `<title>${TITLE}</title>` });
  finish();
  install(true);
  await expect(wait()).resolves.toMatchObject({ installed: true });
});
