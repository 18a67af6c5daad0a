import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../../machine/command';

/** A reader of VMA that is none of ours, from PyPI. */
const READER = 'dissect.archive==1.8';
const VENV = join(tmpdir(), `vma-reader-${process.getuid?.() ?? 0}-1.8`);

/** What the reader finds in an archive that is not compressed; sums are SHA-256 of each whole disk. */
export interface ReadVma {
  readonly version: number;
  readonly ctime: number;
  readonly config: string;
  readonly disks: Readonly<Record<string, { readonly bytes: number; readonly sum: string }>>;
}

const PROGRAM = `
import hashlib, json, sys
from dissect.archive.vma import VMA
with open(sys.argv[1], "rb") as file:
    vma = VMA(file)
    disks = {}
    for device in vma.devices():
        data = device.open().read()
        disks[device.name] = {"bytes": device.size, "sum": hashlib.sha256(data).hexdigest()}
    print(json.dumps({
        "version": vma.version, "ctime": int(vma.creation_time.timestamp()),
        "config": vma.config("qemu-server.conf").decode(), "disks": disks,
    }))
`;

/** Installs it once; why it cannot be, where it cannot. */
export async function vmaReaderFault(): Promise<string | undefined> {
  try {
    if (!existsSync(join(VENV, 'installed'))) {
      await run(['python3', '-m', 'venv', VENV], { timeout: 60_000 });
      await run([join(VENV, 'bin', 'pip'), 'install', '--quiet', READER], { timeout: 120_000 });
      await run(['touch', join(VENV, 'installed')]);
    }
    return undefined;
  } catch (fault) {
    return (fault as Error).message.split('\n')[0];
  }
}

export async function readByOther(path: string): Promise<ReadVma> {
  return JSON.parse(await run([join(VENV, 'bin', 'python'), '-c', PROGRAM, path])) as ReadVma;
}
