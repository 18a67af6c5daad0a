import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { collectLoad, type LoadWorld } from '../../measure/collect/load/load';
import { arrivals, type LoadScript, runLoad } from '../../measure/collect/load/load-generator';
import { remoteProgram } from '../../measure/collect/programs/remote-program';
import type { LoadLadder, LoadStep } from '../../measure/run/raw-data';
import { RunDirectory } from '../../measure/run/run-directory';
import { registerPlan, settingsOf } from '../../measure/run/run-plan';
import { noAgent, testLab } from '../measure/collect/fixtures';
import { LocalShell } from '../measure/collect/local-shell';

jest.setTimeout(60_000);

describe('the times of arrivals', () => {
  it('are those of the seed, as many as wanted, in order and within the step', () => {
    const times = arrivals(7, 500, 20);
    expect(times).toEqual(arrivals(7, 500, 20));
    expect(times).not.toEqual(arrivals(8, 500, 20));
    expect(times).toHaveLength(500);
    expect([...times].sort((a, b) => a - b)).toEqual(times);
    expect(times[0]).toBeGreaterThanOrEqual(0);
    expect(times.at(-1)).toBeLessThan(20);
  });

  it('have the gaps of Poisson arrivals: as many above their mean as an exponential law has', () => {
    const times = arrivals(7, 10_000, 10_000);
    const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    const above = gaps.filter((gap) => gap > 1).length / gaps.length;
    // exp(−1), within five standard deviations.
    expect(Math.abs(above - Math.exp(-1))).toBeLessThan(0.025);
  });
});

describe('the generator of load', () => {
  let server: Server;
  let port: number;
  let connections = 0;
  let held: (() => void)[] = [];

  beforeAll(async () => {
    server = createServer((request, response) => {
      if (request.url === '/held') held.push(() => response.end('late'));
      else if (request.url === '/broken') {
        response.writeHead(200, { 'content-length': 100 });
        response.write('half');
        setImmediate(() => request.socket.destroy());
      } else {
        response.statusCode = request.url === '/none' ? 404 : 200;
        response.end('page');
      }
    });
    server.on('connection', () => {
      connections += 1;
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
  });
  beforeEach(() => {
    connections = 0;
    held = [];
  });
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const send = (requests: LoadScript['requests'], changes: Partial<LoadScript> = {}) =>
    runLoad(
      new LocalShell(),
      { host: '127.0.0.1', port, requests, inFlight: 10, drainSeconds: 20, ...changes },
      (command) => command,
      new AbortController().signal,
    );

  it('asks at the intended times, each time over a connection of its own', async () => {
    const { startedAt, cpuSeconds, requests } = await send([
      ['/', 0],
      ['/', 0.1],
      ['/none', 0.2],
    ]);
    expect(connections).toBe(3);
    expect(requests.map(({ intendedAt }) => Math.round((intendedAt - startedAt) * 1000))).toEqual([
      0, 100, 200,
    ]);
    expect(requests.map(({ path, status, bytes }) => [path, status, bytes])).toEqual([
      ['/', 200, 4],
      ['/', 200, 4],
      ['/none', 404, 4],
    ]);
    for (const { intendedAt, startedAt: begun, firstByteAt, endedAt, held, error } of requests) {
      expect([held, error]).toEqual([false, null]);
      expect(begun).toBeGreaterThanOrEqual(intendedAt);
      expect(firstByteAt).toBeGreaterThanOrEqual(begun ?? Number.NaN);
      expect(endedAt).toBeGreaterThanOrEqual(firstByteAt ?? Number.NaN);
    }
    expect(cpuSeconds).toBeGreaterThan(0);
  });

  it('does not wait for an answer before it asks again', async () => {
    const sending = send([
      ['/held', 0],
      ['/held', 0.05],
      ['/', 0.1],
    ]);
    // Answered only once all have come, which a client that waits would never see.
    while (held.length < 2 || connections < 3) await new Promise((resolve) => setImmediate(resolve));
    for (const answer of held) answer();
    const { requests } = await sending;
    expect(requests.map(({ status }) => status)).toEqual([200, 200, 200]);
  });

  it('holds back what exceeds the bound, cuts off what is open at the end, and says what never started', async () => {
    const { requests } = await send(
      [
        ['/held', 0],
        ['/held', 0.1],
        ['/', 0.2],
      ],
      { inFlight: 2, drainSeconds: 0.5 },
    );
    expect(connections).toBe(2);
    expect(requests.map((each) => each.held)).toEqual([false, false, true]);
    const [first, second, third] = requests;
    for (const open of [first, second]) {
      expect(open).toMatchObject({ status: null, firstByteAt: null });
      expect(open?.error).toMatch(/^cut off: no answer until the end of the step/);
    }
    expect(third).toMatchObject({ startedAt: null, endedAt: null, status: null, error: null });
  });

  it('records an answer that breaks off and a server that is not there as errors', async () => {
    const broken = await send([['/broken', 0]]);
    expect(broken.requests[0]).toMatchObject({ status: 200, bytes: 4 });
    expect(broken.requests[0]?.error).toMatch(/IncompleteRead/);
    const absent = await send([['/', 0]], { port: 1 });
    expect(absent.requests[0]).toMatchObject({ status: null, firstByteAt: null });
    expect(absent.requests[0]?.error).toMatch(/ConnectionRefusedError/);
  });

  it('ends at once when nobody waits for it any more', async () => {
    const running = await new LocalShell().start(remoteProgram('load'));
    const requests = [
      ['/', 0],
      ['/', 3600],
    ];
    const script = { host: '127.0.0.1', port, requests, inFlight: 1, drainSeconds: 1 };
    running.stdin.end(`${JSON.stringify(script)}\n`);
    expect(await running.ended).toBe(1);
  });

  describe('climbing ladders', () => {
    let directory: string;
    beforeEach(() => {
      directory = mkdtempSync(join(tmpdir(), 'load-'));
    });
    afterEach(() => rmSync(directory, { recursive: true }));

    const lab = testLab();
    const plan = registerPlan(
      { ...lab, guests: lab.guests.slice(0, 1).map((guest) => ({ ...guest, address: '127.0.0.1' })) },
      {
        run: 'r',
        planName: 'tiny',
        scenarios: ['load'],
        registeredAt: '2026-01-01T00:00:00Z',
        missingApplications: [],
      },
    );
    const { stepSeconds } = settingsOf(plan, 'load');

    /** This machine stands for the node; no namespace is made. */
    class HereShell extends LocalShell {
      override async start(command: readonly string[]) {
        const program = command.indexOf('python3');
        return super.start(program < 0 ? ['true'] : command.slice(program));
      }
    }

    function climb(changes: Partial<LoadWorld> = {}) {
      const world: LoadWorld = {
        shell: new HereShell(),
        clock: { now: () => Date.now() / 1000, offsetSeconds: 0, uncertaintySeconds: 0 },
        nextRate: (steps) => (steps.length < 2 ? 20 * (steps.length + 1) : null),
        application: () => ({ port, pages: ['/', '/second', '/third'] }),
        agent: noAgent,
        progress: () => {},
        signal: new AbortController().signal,
        ...changes,
      };
      return collectLoad(world, plan, new RunDirectory(directory));
    }
    const saved = () =>
      JSON.parse(readFileSync(join(directory, 'raw/load/000-wordpress.json'), 'utf8')) as LoadLadder;

    it('offers each rate with exactly as many requests, over the planned pages in turn', async () => {
      expect(await climb()).toEqual([]);
      const { steps, fault, seed } = saved();
      expect(fault).toBeNull();
      expect(steps.map(({ ratePerSecond, requests }) => [ratePerSecond, requests.length])).toEqual([
        [20, 20 * stepSeconds],
        [40, 40 * stepSeconds],
      ]);
      for (const [index, { warmUp, requests, startedAt }] of steps.entries()) {
        expect(warmUp.map(({ path }) => path)).toEqual(['/', '/second']);
        expect(requests.slice(0, 3).map(({ path }) => path)).toEqual(['/', '/second', '/']);
        const [first = Number.NaN] = arrivals(seed + index, requests.length, stepSeconds);
        expect((requests[0]?.intendedAt ?? 0) - startedAt).toBeCloseTo(first, 4);
      }
    });

    it('saves after each step, and makes a ladder again that was cut off, but no other', async () => {
      const interrupt = new AbortController();
      const seen: LoadStep['ratePerSecond'][] = [];
      const nextRate: LoadWorld['nextRate'] = (steps) => {
        if (steps.length === 1) {
          expect(saved()).toMatchObject({ fault: 'cut off between two steps' });
          interrupt.abort(new Error('interrupted'));
        }
        seen.push(steps.length);
        return 20;
      };
      await expect(climb({ nextRate, signal: interrupt.signal })).rejects.toThrow('interrupted');
      expect(saved()).toMatchObject({ fault: 'interrupted' });
      expect(saved().steps).toHaveLength(1);
      expect(await climb()).toEqual([]);
      expect(saved()).toMatchObject({ fault: null });
      const whole = readFileSync(join(directory, 'raw/load/000-wordpress.json'));
      expect(await climb()).toEqual([]);
      expect(readFileSync(join(directory, 'raw/load/000-wordpress.json'))).toEqual(whole);
    });

    it('records an application that does not answer as a fault', async () => {
      const application = () => ({ port, pages: ['/none'] });
      expect(await climb({ application })).toEqual([
        '000-wordpress: no page came before the step: /none: HTTP 404',
      ]);
      expect(saved()).toMatchObject({ steps: [], fault: 'no page came before the step: /none: HTTP 404' });
    });
  });
});
