import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeMoodleTar } from '../../template/moodle-source';

const directory = mkdtempSync(join(tmpdir(), 'moodle-proxy-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Answers with a Moodle source tree and its checksum, and is a proxy that leads every name to itself. */
async function startProxy(asked: string[]) {
  mkdirSync(join(directory, 'moodle/admin/cli'), { recursive: true });
  writeFileSync(join(directory, 'moodle/admin/cli/install.php'), '<?php');
  const tree = execFileSync('tar', ['--create', '--gzip', '--directory', directory, 'moodle']);
  const checksum = createHash('sha256').update(tree).digest('hex');
  const server = createServer((request, response) => {
    response.end(request.url?.endsWith('.sha256') ? checksum : tree);
  });
  server.on('connect', (request, socket) => {
    asked.push(request.url ?? '');
    const { port } = server.address() as AddressInfo;
    const inner = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      inner.pipe(socket).pipe(inner);
    });
    inner.on('error', () => socket.destroy());
    socket.on('error', () => inner.destroy());
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return server;
}

test('the source of Moodle is fetched through the proxy that the environment names', async () => {
  const asked: string[] = [];
  const server = await startProxy(asked);
  process.env.http_proxy = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const file = join(directory, 'moodle.tar');
  try {
    await writeMoodleTar({ kind: 'url', url: 'http://moodle.invalid/moodle.tgz', chosen: true }, file);
    expect(asked).toContain('moodle.invalid:80');
    expect(existsSync(file)).toBe(true);
    expect(readFileSync(file).includes('install.php')).toBe(true);
  } finally {
    delete process.env.http_proxy;
    server.closeAllConnections();
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
  }
});
