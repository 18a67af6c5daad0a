/**
 * What an image from outside holds, whatever its name says. An image can name other files: a backing file, a data file,
 * extents. QEMU opens them with the node's rights, so that a guest would read any file of the host. The header is read
 * here, before any program of QEMU sees the file, and only what is known to be harmless passes.
 */
import { type FileHandle, open } from 'node:fs/promises';

/** After QEMU's docs/interop/qcow2.txt: dirty, compression type and extended L2 entries. */
const QCOW2_HARMLESS = 0b11001n;
/** Where QEMU looks for the name of a VMDK's parent, and how far: block/vmdk.c, whatever the header says. */
const VMDK_DESCRIPTION_SECTOR = 1n;
const VMDK_DESCRIPTION = { at: 512n, bytes: 20 * 512 };

/** How formats that QEMU recognises begin. A raw image that begins so would be read as one of them. */
const MAGICS: readonly (readonly [string, string])[] = [
  ['qcow2', 'QFI\xfb'],
  ['vmdk', 'KDMV'],
  ['vmdk', 'COWD'],
  ['vmdk', '# Disk DescriptorFile'],
  ['qed', 'QED\0'],
  ['vhdx', 'vhdxfile'],
  ['vpc', 'conectix'],
  ['parallels', 'WithoutFreeSpace'],
  ['parallels', 'WithouFreSpacExt'],
  ['vdi', '<<< '],
  ['luks', 'LUKS\xba\xbe'],
];

/** Throws an Error, in QEMU's words where it has some, unless the file may become a guest's disk. */
export async function verifyImportImage(path: string, fileName: string): Promise<void> {
  const said = fileName.split('.').pop()?.toLowerCase() ?? '';
  const file = await open(path);
  try {
    const header = await read(file, 0n, 512);
    const found = MAGICS.find(([, magic]) => header.toString('latin1').startsWith(magic))?.[0] ?? 'raw';
    if (said === 'qcow2' || said === 'vmdk') {
      if (found !== said) {
        throw new Error(`qemu-img: Could not open '${path}': Image is not in ${said} format`);
      }
      if (said === 'qcow2') checkQcow2(header, fileName);
      else await checkVmdk(file, header, fileName);
    } else if (found !== 'raw') {
      throw new Error(
        `'${fileName}' holds an image of the format ${found}; give it that name, or convert it`,
      );
    }
  } finally {
    await file.close();
  }
}

function checkQcow2(header: Buffer, fileName: string): void {
  const version = header.readUInt32BE(4);
  if (version !== 2 && version !== 3)
    throw new Error(`'${fileName}' has an unknown qcow2 version: ${version}`);
  const incompatible = version === 3 ? header.readBigUInt64BE(72) : 0n;
  const hasDataFile = (incompatible & 4n) !== 0n;
  if (header.readBigUInt64BE(8) !== 0n || hasDataFile) throw refersElsewhere(fileName);
  if ((incompatible & ~QCOW2_HARMLESS) !== 0n) {
    throw new Error(
      `'${fileName}' is damaged or has features that are not known: 0x${incompatible.toString(16)}`,
    );
  }
  if (header.readUInt32BE(32) !== 0) throw new Error(`'${fileName}' is encrypted, which is not supported`);
}

/** Only images in one file, with their description inside: no flat extents, no parent. */
async function checkVmdk(file: FileHandle, header: Buffer, fileName: string): Promise<void> {
  if (header.toString('latin1', 0, 4) !== 'KDMV') throw refersElsewhere(fileName);
  const [capacity, at, length] = [12, 28, 36].map((place) => header.readBigUInt64LE(place));
  // QEMU takes an image without capacity for a mere descriptor. A description that lies elsewhere would be one text for
  // this check and another for QEMU.
  if (!capacity || at !== VMDK_DESCRIPTION_SECTOR || !length) throw refersElsewhere(fileName);
  const text = (await read(file, VMDK_DESCRIPTION.at, VMDK_DESCRIPTION.bytes)).toString('latin1');
  const type = /^\s*createType\s*=\s*"([^"]*)"/m.exec(text)?.[1] ?? '';
  const extents = text.split(/[\r\n]+/).filter((line) => /^\s*(RW|RDONLY|NOACCESS)\s/.test(line));
  const parent = /^\s*parentCID\s*=\s*(\w+)/m.exec(text)?.[1] ?? 'ffffffff';
  const alone =
    ['monolithicSparse', 'streamOptimized'].includes(type) &&
    extents.length === 1 &&
    /^\s*RW\s+\d+\s+SPARSE\s/.test(extents[0] ?? '') &&
    /^f{8}$/i.test(parent) &&
    !text.includes('parentFileNameHint');
  if (!alone) throw refersElsewhere(fileName);
}

function refersElsewhere(fileName: string): Error {
  return new Error(
    `'${fileName}' refers to another file, which is not allowed; flatten it with qemu-img convert`,
  );
}

/** Zeros where the file ends before. */
async function read(file: FileHandle, at: bigint, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  await file.read(buffer, 0, length, Number(at));
  return buffer;
}
