import { open, stat } from 'node:fs/promises';
import { readManifest, type Template } from './template';

/** What the checks before a deployment know of the template. */
export interface TemplateFacts {
  readonly path: string;
  readonly exists: boolean;
  readonly fileBytes?: number;
  /** Size of the disk that a guest sees. */
  readonly virtualBytes?: number;
  /** Why Moodle is not in it; undefined where it is. */
  readonly withoutMoodle?: string;
}

/** Reads, never builds. */
export async function templateFacts(template: Template): Promise<TemplateFacts> {
  const { path, exists } = template;
  if (!exists) return { path, exists };
  const { moodle } = await readManifest(template);
  const { size } = await stat(path);
  return {
    ...{ path, exists, fileBytes: size, virtualBytes: await virtualBytes(path) },
    withoutMoodle: moodle.baked ? undefined : (moodle.reason ?? 'no reason is known'),
  };
}

/** Of a qcow2 image: the eight bytes from 24 on of its header. Undefined for anything else. */
export async function virtualBytes(path: string): Promise<number | undefined> {
  const file = await open(path);
  try {
    const header = Buffer.alloc(32);
    const { bytesRead } = await file.read(header, 0, header.length, 0);
    if (bytesRead < header.length || header.toString('latin1', 0, 4) !== 'QFI\xfb') return undefined;
    return Number(header.readBigUInt64BE(24));
  } finally {
    await file.close();
  }
}
