import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer as createPlainServer } from 'node:http';
import { createServer, type Server } from 'node:https';
import { type AddressInfo, connect, type Server as NetServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Target } from '../../config/target';
import { type Certificate, ensureCertificate } from '../../local-node/access/certificate';
import { ApiClient, ApiError, TaskError } from '../../proxmox/api-client';
import { checkTarget, TargetRefusedError } from '../../proxmox/check-target';
import { NodeUnreachableError } from '../../proxmox/connection-fault';

const TOKEN = 'lab@pve!deploy=5ec4e7';
const UPID = 'UPID:pve:00000001:00000002:5F000000:qmstart:129:lab@pve!deploy:';

/** What the server was asked: method, path and query, and body. */
interface Call {
  readonly method: string;
  readonly url: string;
  readonly body: string;
  readonly headers: IncomingMessage['headers'];
}

let directory: string;
let certificate: Certificate;
let server: Server;
let calls: Call[];
/** Answers by "METHOD /path": status and body. */
let answers: Record<string, readonly [number, unknown]>;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'api-client-'));
  certificate = await ensureCertificate(join(directory, 'node'), 'pve');
  server = createServer({ key: certificate.key, cert: certificate.certificate }, answer);
  await listen(server);
});
afterAll(async () => {
  await close(server);
  rmSync(directory, { recursive: true, force: true });
});
beforeEach(() => {
  calls = [];
  answers = {
    'GET /version': [200, { data: { version: '9.1.1' } }],
    'GET /nodes': [200, { data: [{ node: 'pve', status: 'online' }] }],
  };
});

function listen(which: NetServer, host = '127.0.0.1'): Promise<void> {
  return new Promise((resolve) => which.listen(0, host, resolve));
}

function close(which: NetServer): Promise<unknown> {
  return new Promise((resolve) => which.close(resolve));
}

function answer(request: IncomingMessage, response: ServerResponse): void {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const { method = '', url = '', headers } = request;
    calls.push({ method, url, headers, body: Buffer.concat(chunks).toString() });
    const path = url.replace('/api2/json', '').replace(/\?.*/, '');
    if (headers.authorization !== `PVEAPIToken=${TOKEN}` && !headers.cookie && path !== '/access/ticket') {
      response.writeHead(401, 'No ticket').end();
      return;
    }
    const [status, body] = answers[`${method} ${path}`] ?? [
      501,
      { data: null, message: `Method '${method} ${path}' not implemented` },
    ];
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
}

function target(changes: Partial<Target> = {}): Target {
  return {
    kind: 'proxmox',
    endpoint: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    nodeName: 'pve',
    credentials: { kind: 'token', token: TOKEN },
    caFile: certificate.caFile,
    insecure: false,
    // Nothing listens on port 1.
    ssh: { host: '127.0.0.1', port: 1, username: 'root', password: 'x' },
    ...changes,
  };
}

async function withClient<T>(changes: Partial<Target>, use: (client: ApiClient) => Promise<T>): Promise<T> {
  const client = new ApiClient(target(changes));
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}

const version = (changes: Partial<Target> = {}): Promise<unknown> =>
  withClient(changes, (client) => client.get('version'));

async function closedPort(): Promise<number> {
  const other = createPlainServer();
  await listen(other);
  const { port } = other.address() as AddressInfo;
  await close(other);
  return port;
}

test('an answer is its data; the token goes in a header, never into an address', async () => {
  await expect(version()).resolves.toEqual({ version: '9.1.1' });
  expect(calls).toHaveLength(1);
  expect(calls[0]?.url).toBe('/api2/json/version');
});

test('forms are written as the API reads them: 1 and 0, a repeated key for a list, nothing for what is absent', async () => {
  answers['POST /nodes/pve/qemu/129/agent/exec'] = [200, { data: { pid: 7 } }];
  await withClient({}, (client) =>
    client.post(client.node('qemu/129/agent/exec'), {
      command: ['a b', '&c'],
      yes: true,
      no: false,
      none: undefined,
      n: 3,
    }),
  );
  expect(calls[0]?.body).toBe('command=a+b&command=%26c&yes=1&no=0&n=3');
});

test('a password is changed for a ticket once, and the ticket and its token go with every call', async () => {
  answers['POST /access/ticket'] = [200, { data: { ticket: 'PVE:root@pam:1', CSRFPreventionToken: 'csrf' } }];
  answers['POST /pools'] = [200, { data: null }];
  const credentials = { kind: 'password', username: 'root@pam', password: 'p w' } as const;
  await withClient({ credentials }, async (client) => {
    await Promise.all([client.get('version'), client.get('nodes')]);
    await client.post('pools', { poolid: 'x' });
  });
  expect(calls.filter((call) => call.url.endsWith('/access/ticket')).map((call) => call.body)).toEqual([
    'username=root%40pam&password=p+w',
  ]);
  expect(calls.at(-1)?.headers).toMatchObject({
    cookie: 'PVEAuthCookie=PVE%3Aroot%40pam%3A1',
    csrfpreventiontoken: 'csrf',
  });
});

test('a refused login says who was refused, and not the password', async () => {
  answers['POST /access/ticket'] = [401, { data: null, message: 'authentication failure' }];
  const login = version({ credentials: { kind: 'password', username: 'root@pam', password: '5ec4e7' } });
  await expect(login).rejects.toThrow(/401 .*root@pam/);
  await expect(login).rejects.not.toThrow(/5ec4e7/);
});

test('a refused parameter is named with what is wrong with it', async () => {
  answers['POST /nodes/pve/qemu'] = [
    400,
    { data: null, message: 'Parameter verification failed.\n', errors: { vmid: 'type check failed\n' } },
  ];
  const refused = withClient({}, (client) => client.post(client.node('qemu'), { vmid: 'x' }));
  await expect(refused).rejects.toThrow(ApiError);
  await expect(refused).rejects.toMatchObject({
    status: 400,
    errors: { vmid: 'type check failed\n' },
    message: 'POST nodes/pve/qemu: 400 Parameter verification failed.; vmid: type check failed',
  });
});

describe('a task', () => {
  const path = `/nodes/pve/tasks/${encodeURIComponent(UPID)}`;
  const wait = (): Promise<void> => withClient({}, (client) => client.wait(UPID));

  test.each(['OK', 'WARNINGS: 2'])('that ended with %s has done its work', async (exitstatus) => {
    answers[`GET ${path}/status`] = [200, { data: { status: 'stopped', exitstatus } }];
    await expect(wait()).resolves.toBeUndefined();
  });

  test('of another node of the cluster is waited for there', async () => {
    const upid = UPID.replace('UPID:pve:', 'UPID:pve2:');
    answers[`GET /nodes/pve2/tasks/${encodeURIComponent(upid)}/status`] = [
      200,
      { data: { status: 'stopped', exitstatus: 'OK' } },
    ];
    await expect(withClient({}, (client) => client.wait(upid))).resolves.toBeUndefined();
  });

  test('that failed is told with its reason and the end of its log', async () => {
    answers[`GET ${path}/status`] = [200, { data: { status: 'stopped', exitstatus: 'no space left' } }];
    answers[`GET ${path}/log`] = [
      200,
      { data: Array.from({ length: 30 }, (_, n) => ({ n, t: `line ${n}` })) },
    ];
    const error = await wait().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(TaskError);
    expect((error as TaskError).exitStatus).toBe('no space left');
    expect((error as TaskError).log).toEqual(Array.from({ length: 10 }, (_, n) => `line ${n + 20}`));
  });
});

describe('a node that cannot be talked to is told with what to do about it', () => {
  test('a certificate of an unknown CA: which variable gives the right one', async () => {
    const other = await ensureCertificate(join(directory, 'other'), 'pve');
    const cases = [
      [undefined, /^https:\/\/127\.0\.0\.1:\d+: .*CA.*SSL_CERT_FILE.*PROXMOX_VE_INSECURE/],
      [other.caFile, /: the CA in \S+ \(SSL_CERT_FILE\) is not the one that signed the node's certificate/],
    ] as const;
    for (const [caFile, said] of cases) {
      const refused = version({ caFile });
      await expect(refused).rejects.toThrow(NodeUnreachableError);
      await expect(refused).rejects.toThrow(said);
    }
    expect(calls).toEqual([]);
  });

  test('and PROXMOX_VE_INSECURE, where it is set, is heeded', async () => {
    await expect(version({ caFile: undefined, insecure: true })).resolves.toEqual({ version: '9.1.1' });
  });

  test('a certificate for other names: the names that it is for', async () => {
    const other = createServer({ key: certificate.key, cert: certificate.certificate });
    await listen(other, '127.0.0.2');
    try {
      const { port } = other.address() as AddressInfo;
      await expect(version({ endpoint: `https://127.0.0.2:${port}` })).rejects.toThrow(
        /for other names than 127\.0\.0\.2 .*list: 127\.0\.0\.1/,
      );
    } finally {
      await close(other);
    }
  });

  test('a port at which nothing listens', async () => {
    const port = await closedPort();
    await expect(version({ endpoint: `https://127.0.0.1:${port}` })).rejects.toThrow(
      `https://127.0.0.1:${port}: nothing listens on port ${port}; is the node up`,
    );
  });

  test('a host that does not exist', async () => {
    await expect(version({ endpoint: 'https://pve.invalid:8006' })).rejects.toThrow(
      /no such host: pve\.invalid/,
    );
  });

  test('something that speaks no TLS', async () => {
    const plain = createPlainServer((_, response) => response.end('hello'));
    await listen(plain);
    try {
      const { port } = plain.address() as AddressInfo;
      await expect(version({ endpoint: `https://127.0.0.1:${port}` })).rejects.toThrow(/no Proxmox VE API/);
    } finally {
      await close(plain);
    }
  });

  test('a CA file that is not there, or is no certificate', async () => {
    await expect(version({ caFile: join(directory, 'missing.pem') })).rejects.toThrow(
      /missing\.pem.*SSL_CERT_FILE/,
    );
    writeFileSync(join(directory, 'broken.pem'), 'no certificate');
    await expect(version({ caFile: join(directory, 'broken.pem') })).rejects.toThrow(/SSL_CERT_FILE/);
  });
});

describe('the check before anything is made', () => {
  const faults = async (changes: Partial<Target> = {}): Promise<string> => {
    const error = await checkTarget(target(changes)).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(TargetRefusedError);
    return (error as Error).message;
  };

  test('names the fault of the API and that of SSH at once', async () => {
    const lines = (await faults({ credentials: { kind: 'token', token: 'lab@pve!wrong=5ec4e7' } })).split(
      '\n',
    );
    expect(lines.sort()).toEqual([
      expect.stringMatching(/refuses the login as lab@pve!wrong .*correct PROXMOX_VE_API_TOKEN$/),
      expect.stringMatching(/^ssh root@127\.0\.0\.1:1: nothing listens there/),
    ]);
    expect(lines.join()).not.toContain('5ec4e7');
  });

  test('names the nodes that there are where the one asked for is none of them', async () => {
    answers['GET /nodes'] = [
      200,
      {
        data: [
          { node: 'a', status: 'online' },
          { node: 'b', status: 'online' },
        ],
      },
    ];
    expect(await faults()).toMatch(
      /has no node pve; it has a, b\. Correct node\.name in lab\.yaml, or set PROXMOX_VE_NODE_NAME/,
    );
  });

  test('names a node that is off', async () => {
    answers['GET /nodes'] = [200, { data: [{ node: 'pve', status: 'offline' }] }];
    expect(await faults()).toContain('the node pve is offline');
  });

  test('tells another HTTPS server from a Proxmox VE', async () => {
    answers['GET /version'] = [200, 'welcome'];
    expect(await faults()).toContain('is no Proxmox VE API');
  });
});

describe('through a proxy (HTTPS_PROXY)', () => {
  let proxy: NetServer;
  let asked: string[];
  let refuses: boolean;
  const through = (address: string): Target =>
    target({ endpoint: 'https://pve.example:8006', insecure: true, proxy: address });
  const proxyAddress = () => `http://lab:hush@127.0.0.1:${(proxy.address() as AddressInfo).port}`;

  beforeAll(async () => {
    const relay = createPlainServer();
    // Whatever is asked for, the node of this test answers.
    relay.on('connect', (request: IncomingMessage, socket: Socket) => {
      asked.push(`${request.url} ${request.headers['proxy-authorization']}`);
      if (refuses) return socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
      const node = connect((server.address() as AddressInfo).port, '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
        node.pipe(socket).pipe(node);
      });
      for (const end of [node, socket]) end.on('error', () => node.destroy());
    });
    proxy = relay;
    await listen(proxy);
  });
  afterAll(() => close(proxy));
  beforeEach(() => {
    asked = [];
    refuses = false;
  });

  test('the node is asked by a tunnel, with the user of the proxy, and its own token', async () => {
    const client = new ApiClient(through(proxyAddress()));
    expect(await client.get('version')).toEqual({ version: '9.1.1' });
    await client.close();
    expect(asked).toEqual([`pve.example:8006 Basic ${Buffer.from('lab:hush').toString('base64')}`]);
  });

  test('a proxy that refuses, or is not there, is named as the fault, without its password', async () => {
    refuses = true;
    for (const [address, fault] of [
      [proxyAddress(), /the proxy 127\.0\.0\.1:\d+ refuses to connect to it \(403\)/],
      ['http://lab:hush@127.0.0.1:1', /the proxy 127\.0\.0\.1:1 cannot be reached \(ECONNREFUSED\)/],
    ] as const) {
      const client = new ApiClient(through(address));
      const failed = await client.get('version').catch((error: Error) => error);
      await client.abandon();
      expect(failed).toBeInstanceOf(NodeUnreachableError);
      expect((failed as Error).message).toMatch(fault);
      expect((failed as Error).message).not.toContain('hush');
    }
  });
});
