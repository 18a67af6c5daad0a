/** SHA-256 of every file of a bundle but its own, as `sha256sum --check` and BagIt read it. */
export const MANIFEST = 'manifest-sha256.txt';

/** By path. */
export type Hashes = ReadonlyMap<string, string>;

export function renderManifest(hashes: Hashes): string {
  return [...hashes].map(([path, sha256]) => `${sha256}  ${path}\n`).join('');
}

/** With every line that is none, in words. */
export function readManifest(text: string): { readonly hashes: Hashes; readonly faults: readonly string[] } {
  const hashes = new Map<string, string>();
  const faults: string[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line === '') continue;
    const [, sha256 = '', path = ''] = /^([0-9a-f]{64}) [ *](\S.*)$/i.exec(line) ?? [];
    if (path === '') faults.push(`${MANIFEST}, line ${index + 1}: not a SHA-256 and a path`);
    else if (hashes.has(path))
      faults.push(`${MANIFEST}, line ${index + 1}: names a file that an earlier line has`);
    else hashes.set(path, sha256.toLowerCase());
  }
  return { hashes, faults };
}
