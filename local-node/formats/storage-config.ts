/**
 * storage.cfg in Proxmox VE's own format: sections `dir: <id>` with one indented `key value` line for each property.
 */
import { createHash } from 'node:crypto';
import { oneLine } from './control-characters';
import { type ContentType, requireContentType } from './volume-id';

export interface StorageDefinition {
  readonly id: string;
  /** Directory storages only: the local node has no block devices of its own to give. */
  readonly type: 'dir';
  /** Absolute path of its directory. */
  readonly path: string;
  readonly content: readonly ContentType[];
  readonly disabled: boolean;
  /** Nodes that have it, as it was declared; absent = all. */
  readonly nodes?: string;
}

/** Throws with the line's number at what it cannot read. */
export function parseStorageConfig(text: string): StorageDefinition[] {
  if (text.trim() === '') throw new Error('storage.cfg is empty');
  const sections: { id: string; line: number; properties: Map<string, string> }[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    const header = /^(\w+):\s+(\S+)\s*$/.exec(line);
    const property = /^\s+(\S+)(?:\s+(.*?))?\s*$/.exec(line);
    const section = sections.at(-1);
    if (line.trim() === '' || line.startsWith('#')) continue;
    if (header?.[2] !== undefined) {
      if (header[1] !== 'dir') {
        throw new Error(
          `storage.cfg line ${index + 1}: the local node has storages of type dir, not ${header[1]}`,
        );
      }
      sections.push({ id: header[2], line: index + 1, properties: new Map() });
    } else if (property?.[1] !== undefined && section) {
      section.properties.set(property[1], property[2] ?? '1');
    } else {
      throw new Error(`storage.cfg line ${index + 1} cannot be read: '${line}'`);
    }
  }
  return sections.map(({ id, line, properties }) => {
    const path = properties.get('path');
    if (!path?.startsWith('/'))
      throw new Error(`storage.cfg line ${line}: storage '${id}' has no absolute path`);
    return {
      id,
      type: 'dir' as const,
      path,
      content: (properties.get('content') ?? 'images,rootdir').split(',').map(contentType),
      disabled: properties.get('disable') === '1',
      ...(properties.has('nodes') ? { nodes: properties.get('nodes') ?? '' } : {}),
    };
  });
}

function contentType(text: string): ContentType {
  requireContentType(text);
  return text;
}

export function formatStorageConfig(storages: readonly StorageDefinition[]): string {
  return storages
    .map(({ id, path, content, disabled, nodes }) => {
      const lines = [
        `dir: ${oneLine('storage', id)}`,
        `\tpath ${oneLine('path', path)}`,
        `\tcontent ${content.join(',')}`,
      ];
      if (disabled) lines.push('\tdisable 1');
      if (nodes !== undefined) lines.push(`\tnodes ${oneLine('nodes', nodes)}`);
      return `${lines.join('\n')}\n`;
    })
    .join('\n');
}

export function storageDigest(storages: readonly StorageDefinition[]): string {
  return createHash('sha1').update(formatStorageConfig(storages)).digest('hex');
}
