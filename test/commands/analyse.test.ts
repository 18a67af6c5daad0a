import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { CaptureReport } from '../../measure/analyse/captures/capture-report';
import { ethernet, ipv4Tcp, pcap } from '../measure/fixtures/pcap-writer';

const directory = mkdtempSync(join(tmpdir(), 'analyse-command-'));
afterAll(() => rmSync(directory, { recursive: true }));

const root = resolve(__dirname, '../..');
function analyse(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const command = [join(root, 'node_modules/tsx/dist/cli.mjs'), join(root, 'commands/analyse.ts'), ...args];
  return spawnSync(process.execPath, command, { encoding: 'utf8', cwd: directory });
}

const segment = { from: '10.0.0.1', to: '10.0.0.2', sourcePort: 40000, destinationPort: 80, payload: 20 };
const whole = pcap(
  [1, 21, 41].map((sequence) => ({
    time: 1_900_000_000_000_000_000n + BigInt(sequence) * 1_000_000n,
    frame: ethernet(ipv4Tcp({ ...segment, sequence })),
  })),
);
writeFileSync(join(directory, 'whole.pcap'), whole);
writeFileSync(join(directory, 'cut.pcap'), whole.subarray(0, whole.length - 4));
writeFileSync(join(directory, 'text.pcap'), 'not a capture');

test('prints the report as JSON, and leaves with 0', () => {
  const { status, stdout } = analyse('whole.pcap', '--json', '--port', '80');
  const { sessions, filter } = JSON.parse(stdout) as CaptureReport;
  expect(sessions[0]?.directions[0]).toMatchObject({ packets: 3, payloadBytes: 60 });
  expect(filter).toContain('tcp.port == 80');
  expect(status).toBe(0);
});

test('leaves with 3 where a capture is cut off, having told of the part before', () => {
  const { status, stdout } = analyse('cut.pcap', '--json');
  const { files } = JSON.parse(stdout) as CaptureReport;
  expect(files[0]).toMatchObject({ frames: 2, partial: { reason: 'cut off inside a packet' } });
  expect(status).toBe(3);
});

test.each([
  [1, ['text.pcap'], 'text.pcap: not a pcap or pcapng file (it begins with 0x6e6f7420), at byte 0'],
  [1, ['whole.pcap', 'absent.pcap'], "no such file or directory, open 'absent.pcap'"],
  [1, ['.'], '.: a directory, no capture'],
  [2, ['whole.pcap', '--address', '10.0.0'], '"10.0.0" is not an IP address'],
  [2, ['whole.pcap', '--port', '0'], '1 to 65535'],
  [2, [], "missing required argument 'client'"],
])('leaves with %i for %j', (code, args, message) => {
  const { status, stdout, stderr } = analyse(...args);
  expect(stderr).toContain(message);
  expect(stderr).not.toContain('    at ');
  expect(stdout).toBe('');
  expect(status).toBe(code);
});
