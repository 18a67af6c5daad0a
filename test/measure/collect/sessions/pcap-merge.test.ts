import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { mergeCaptures } from '../../../../measure/collect/sessions/pcap-merge';

describe('merging captures', () => {
  const directory = mkdtempSync(join(tmpdir(), 'merge-'));
  afterAll(() => rmSync(directory, { recursive: true }));

  function header(magic = 0xa1b23c4d): Buffer {
    const bytes = Buffer.alloc(24);
    bytes.writeUInt32LE(magic, 0);
    bytes.writeUInt32LE(1, 20);
    return bytes;
  }

  function record(nanoseconds: number, content: Buffer): Buffer {
    const head = Buffer.alloc(16);
    head.writeUInt32LE(Math.floor(nanoseconds / 1e9), 0);
    head.writeUInt32LE(nanoseconds % 1e9, 4);
    head.writeUInt32LE(content.length, 8);
    head.writeUInt32LE(1514, 12);
    return Buffer.concat([head, content]);
  }

  function write(name: string, ...parts: Buffer[]): string {
    const file = join(directory, name);
    writeFileSync(file, Buffer.concat(parts));
    return file;
  }

  it('keeps every packet, in the order of time', async () => {
    const capture = fc.array(fc.tuple(fc.nat(5e9), fc.uint8Array({ maxLength: 200 })), { maxLength: 50 });
    await fc.assert(
      fc.asyncProperty(fc.array(capture, { minLength: 1, maxLength: 4 }), async (captures) => {
        const sorted = captures.map((packets) => [...packets].sort((a, b) => a[0] - b[0]));
        const files = sorted.map((packets, index) =>
          write(`${index}`, header(), ...packets.map(([time, bytes]) => record(time, Buffer.from(bytes)))),
        );
        const into = join(directory, 'all');
        const sha256 = await mergeCaptures(files, into);
        const expected = sorted.flat().sort((a, b) => a[0] - b[0]);
        const merged = readFileSync(into);
        expect(merged).toEqual(
          Buffer.concat([header(), ...expected.map(([time, bytes]) => record(time, Buffer.from(bytes)))]),
        );
        expect(sha256).toBe(createHash('sha256').update(merged).digest('hex'));
      }),
      { numRuns: 50 },
    );
  });

  it('leaves out a record that was cut off', async () => {
    const whole = record(1, Buffer.from('whole'));
    const file = write('cut', header(), whole, record(2, Buffer.from('not whole')).subarray(0, 20));
    const into = join(directory, 'cut-merged');
    await mergeCaptures([file], into);
    expect(readFileSync(into)).toEqual(Buffer.concat([header(), whole]));
  });

  it('refuses what is no capture of ours and leaves no file', async () => {
    const into = join(directory, 'none');
    await expect(mergeCaptures([write('micro', header(0xa1b2c3d4))], into)).rejects.toThrow(
      /micro: not a little-endian pcap file with nanoseconds/,
    );
    await expect(mergeCaptures([write('empty')], into)).rejects.toThrow(/empty: not a capture/);
    expect(readdirSync(directory)).not.toContain('none');
  });
});
