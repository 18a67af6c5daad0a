import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where Debian packages come from: a mirror and the keyring that signs it. */
export interface DebianMirror {
  readonly uri: string;
  readonly securityUri: string;
  readonly keyring: string;
}

interface AptSource {
  readonly uri: string;
  readonly suites: readonly string[];
  readonly signedBy?: string;
}

const DEFAULT_KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';
const DEBIAN_SUITES = /^(stable|oldstable|testing|sid|unstable|bullseye|bookworm|trixie|forky)$/;
const SECURITY_SUITES = /^(stable|oldstable|testing|bullseye|bookworm|trixie|forky)-security$/;

/** Sources of a deb822 file (*.sources). A stanza that is disabled or has no binary packages is left out. */
export function parseDeb822(text: string): AptSource[] {
  const stanzas = text
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n')
    .split(/\n\s*\n/);
  return stanzas.flatMap((stanza) => {
    const field = (name: string): string[] => {
      const found = new RegExp(`^${name}:[ \\t]*(.*(?:\\n[ \\t].*)*)`, 'im').exec(stanza);
      return (found?.[1] ?? '').split(/\s+/).filter(Boolean);
    };
    if (!field('Types').includes('deb') || field('Enabled')[0]?.toLowerCase() === 'no') return [];
    const signedBy = field('Signed-By').find((word) => word.startsWith('/'));
    return field('URIs').map((uri) => ({ uri, suites: field('Suites'), ...(signedBy ? { signedBy } : {}) }));
  });
}

/** Sources of a one-line file (*.list). */
export function parseOneLine(text: string): AptSource[] {
  return text.split('\n').flatMap((line) => {
    const found = /^\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)/.exec(line);
    if (!found?.[2] || !found[3]) return [];
    const signedBy = /signed-by=(\/[^\s,]+)/.exec(found[1] ?? '')?.[1];
    return [{ uri: found[2], suites: [found[3]], ...(signedBy ? { signedBy } : {}) }];
  });
}

/**
 * The Debian mirror that this host itself uses, so that a template can be built wherever apt works; on a host that is
 * no Debian, Debian's own address.
 */
export function debianMirror(sources: readonly AptSource[]): DebianMirror {
  const trim = (uri: string): string => uri.replace(/\/+$/, '');
  const main = sources.find((source) => source.suites.some((suite) => DEBIAN_SUITES.test(suite)));
  const security = sources.find((source) => source.suites.some((suite) => SECURITY_SUITES.test(suite)));
  return {
    uri: trim(main?.uri ?? 'http://deb.debian.org/debian'),
    securityUri: trim(security?.uri ?? 'http://deb.debian.org/debian-security'),
    keyring: main?.signedBy ?? DEFAULT_KEYRING,
  };
}

/** Reads /etc/apt as apt does. `root` is for tests. */
export function readHostSources(root = '/etc/apt'): AptSource[] {
  const read = (file: string): string => {
    try {
      return readFileSync(file, 'utf8');
    } catch {
      return '';
    }
  };
  const directory = join(root, 'sources.list.d');
  let names: string[] = [];
  try {
    names = readdirSync(directory).sort();
  } catch {
    // A host without sources.list.d has only sources.list.
  }
  return [
    ...parseOneLine(read(join(root, 'sources.list'))),
    ...names.flatMap((name) => {
      if (name.endsWith('.sources')) return parseDeb822(read(join(directory, name)));
      return name.endsWith('.list') ? parseOneLine(read(join(directory, name))) : [];
    }),
  ];
}

/** Lines of sources.list for one suite with its updates and security fixes. */
export function sourcesList(mirror: DebianMirror, suite: string): string {
  const line = (uri: string, name: string): string =>
    `deb [signed-by=${mirror.keyring}] ${uri} ${name} main\n`;
  return (
    line(mirror.uri, suite) +
    line(mirror.uri, `${suite}-updates`) +
    line(mirror.securityUri, `${suite}-security`)
  );
}
