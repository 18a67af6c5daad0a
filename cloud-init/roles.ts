import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { Role } from '../config/lab';

/** What the rest of the project needs to know about a role's application. */
export interface Application {
  /** As its makers write it. */
  readonly name: string;
  /** Site name given to the installer; the front page carries it once the application is installed. */
  readonly title: string;
  /** TCP port of the web server. */
  readonly port: number;
  /** Path of the page whose content shows that the application answers. */
  readonly frontPage: string;
  /** Pages that a reader visits, the front page first; all of them exist after the install script has run. */
  readonly pages: readonly string[];
}

export const ROLES: Readonly<Record<Role, Application>> = {
  wordpress: {
    name: 'WordPress',
    title: 'Virtualization Lab WordPress',
    port: 80,
    frontPage: '/',
    pages: ['/', '/virtual-machines/', '/bridges/', '/storage/', '/images/', '/measurement/'],
  },
  moodle: {
    name: 'Moodle',
    title: 'Virtualization Lab Moodle',
    port: 80,
    frontPage: '/',
    pages: [
      '/',
      '/course/index.php',
      '/course/view.php?name=virtual-machines',
      '/course/view.php?name=bridges',
      '/course/view.php?name=storage',
      '/course/view.php?name=measurement',
    ],
  },
  mediawiki: {
    name: 'MediaWiki',
    title: 'Virtualization Lab MediaWiki',
    port: 80,
    frontPage: '/index.php/Main_Page',
    pages: [
      '/index.php/Main_Page',
      '/index.php/Virtual_machines',
      '/index.php/Bridges',
      '/index.php/Storage',
      '/index.php/Images',
      '/index.php/Measurement',
    ],
  },
};

/** cloud-config of a role, as its file under roles/ has it. */
export interface RoleFile {
  readonly write_files: readonly { readonly path: string; readonly content: string }[];
  readonly runcmd: readonly (readonly string[])[];
}

export function readRole(role: Role): RoleFile {
  return parse(readFileSync(join(__dirname, 'roles', `${role}.yaml`), 'utf8')) as RoleFile;
}

/** Packages that a role needs, in the names of one package manager; of alternatives ("a | b") the first. */
export function rolePackages(role: Role, manager: 'apt' | 'dnf'): string[] {
  const list = readRole(role).write_files.find((file) => file.path === `/etc/lab/packages.${manager}`);
  return (list?.content.split('\n') ?? []).filter(Boolean).map((line) => line.split('|')[0]?.trim() ?? line);
}
