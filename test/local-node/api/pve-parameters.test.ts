import { routes } from '../../../local-node/api/routes';
import { callFacts } from '../../../local-node/schema/call-schema';
import data from '../../../local-node/schema/proxmox-ve-9.1.json';
import { PARAMETER_DEVIATIONS } from './parameter-deviations';

const LIMITS = ['type', 'optional', 'minimum', 'maximum', 'minLength', 'maxLength', 'enum'] as const;
type Facts = Readonly<Partial<Record<(typeof LIMITS)[number], unknown>>>;

/** As the schema's file writes them: net[32], and 1 for what is true. */
function theirsOf(method: string, path: string): Map<string, Facts> {
  const calls: Readonly<Record<string, { readonly parameters: Readonly<Record<string, Facts>> }>> =
    data.calls;
  const parameters = calls[`${method} ${path.replace('*}', '}')}`]?.parameters ?? {};
  return new Map(
    Object.entries(parameters).map(([name, facts]) => [
      name,
      facts.optional === undefined ? facts : { ...facts, optional: true },
    ]),
  );
}

/** Parameters by name; those with a number as Proxmox VE's list writes them: net[32]. */
function ours(parameters: Readonly<Record<string, unknown>>): Map<string, Facts> {
  const names = Object.keys(parameters);
  return new Map(
    names.flatMap((name): [string, Facts][] => {
      const base = name.replace(/\d+$/, '');
      const like = names.filter((other) => other !== base && other.replace(/\d+$/, '') === base);
      const facts = parameters[name] as Facts;
      if (base === name || !names.includes(`${base}0`) || like.length < 2) return [[name, facts]];
      return name === `${base}0` ? [[`${base}[${like.length}]`, facts]] : [];
    }),
  );
}

function differences(): string[] {
  const found: string[] = [];
  for (const { method, path, parameters } of routes) {
    const place = `${method} ${path}`;
    const theirs = theirsOf(method, path);
    const mine = ours(parameters);
    for (const name of new Set([...theirs.keys(), ...mine.keys()])) {
      const [their, our] = [theirs.get(name), mine.get(name)];
      const said = (facts: Facts | undefined) =>
        facts && LIMITS.map((limit) => [facts[limit]].flat().map(String).sort().join(' ')).join('|');
      if (said(their) === said(our)) continue;
      found.push(`${place} ${name}: ours ${said(our)}, theirs ${said(their)}`);
    }
  }
  return found;
}

/** "POST /x name: ..." to its parts; an indexed name loses its count. */
function parts(line: string): { route: string; name: string } {
  const [, route = '', name = ''] = /^(\S+ \S+) (\S+): /.exec(line) ?? [];
  return { route, name: name.replace(/\[\d+\]$/, '') };
}

test('every parameter has the type, limits and words of Proxmox VE 9.1, or is a deviation with a reason', () => {
  const unexplained = differences().filter((line) => {
    const { route, name } = parts(line);
    return !PARAMETER_DEVIATIONS.some(
      (deviation) => deviation.routes.test(route) && deviation.names.split(' ').includes(name),
    );
  });
  expect(unexplained).toEqual([]);
});

test('every deviation of a parameter that is listed is one', () => {
  const found = differences().map(parts);
  const idle = PARAMETER_DEVIATIONS.flatMap(({ routes: places, names }) =>
    names.split(' ').filter((name) => !found.some((one) => places.test(one.route) && one.name === name)),
  );
  expect(idle).toEqual([]);
});

test('every route asks for the privileges that Proxmox VE 9.1 declares for it', () => {
  const found = routes.flatMap(({ method, path, permission }) => {
    const theirs = callFacts(method, path)?.permission;
    if (theirs === undefined) return [];
    if (typeof permission !== 'object') return [`${method} ${path}: ${permission}`];
    const [our, their] = [permission.anyOf, theirs.privileges].map((names) => [...names].sort().join('|'));
    const same =
      permission.path === theirs.path && our === their && (theirs.any || theirs.privileges.length === 1);
    return same ? [] : [`${method} ${path}: ours ${permission.path} ${our}, theirs ${theirs.path} ${their}`];
  });
  expect(found).toEqual([]);
});
