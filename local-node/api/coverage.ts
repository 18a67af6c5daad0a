/** The page docs/reference/api-coverage.md: which of Proxmox VE's calls and parameters the local node has. */
import { ALL_CALLS, callFacts } from '../schema/call-schema';
import type { Route } from './route';
import { routes } from './routes';

const nameOf = ({ method, path }: Route): string => `${method} ${path.replace('*}', '}')}`;

/** /nodes/{node}/qemu of /nodes/{node}/qemu/{vmid}/config, /access of /access/users. */
function areaOf(call: string): string {
  const [, path = ''] = call.split(' ');
  const [, first = '', second, third] = path.split('/');
  if (first !== 'nodes') return `/${first}`;
  const below = third === undefined || third.startsWith('{') ? '' : `/${third}`;
  return second === undefined ? '/nodes' : `/nodes/{node}${below}`;
}

function areas(supported: ReadonlySet<string>): string[] {
  const names = [...new Set([...supported].map(areaOf))].sort();
  const rows = names.map((area) => {
    const calls = ALL_CALLS.filter((call) => areaOf(call) === area);
    return `| \`${area}\` | ${calls.length} | ${calls.filter((call) => supported.has(call)).length} |`;
  });
  const others = ALL_CALLS.filter((call) => !names.includes(areaOf(call)));
  return [...rows, `| all others | ${others.length} | – |`];
}

/** net0 to net31 as net[32]. */
function shortened(names: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const name of names) {
    const base = name.replace(/\d+$/, '');
    counts.set(base, (counts.get(base) ?? 0) + 1);
  }
  const short = names.map((name) => {
    const base = name.replace(/\d+$/, '');
    const count = counts.get(base) ?? 0;
    return base === name || count < 2 ? name : `${base}[${count}]`;
  });
  return [...new Set(short)].map((name) => `\`${name}\``).join(', ');
}

function refusals(): string[] {
  return routes.flatMap((route) => {
    const known = Object.keys(callFacts(route.method, route.path)?.parameters ?? {});
    const refused = known.filter((name) => !Object.hasOwn(route.parameters, name));
    return refused.length === 0 ? [] : [`| \`${nameOf(route)}\` | ${shortened(refused.sort())} |`];
  });
}

export function coverageReference(): string {
  const names = new Set(routes.map(nameOf));
  const supported = new Set(ALL_CALLS.filter((call) => names.has(call)));
  const own = [...names].filter((call) => !supported.has(call)).sort();
  const lines = [
    '# API coverage',
    '',
    '<!-- Made from the routes and the schema: UPDATE_DOCS=1 npx jest --testPathPatterns reference -->',
    '',
    `The [local node](local-node.md) has ${supported.size} of the ${ALL_CALLS.length} calls of Proxmox VE 9.1. Any other`,
    "answers 501 `Method 'GET /...' not implemented`, and so does the command line.",
    '',
    '| below | calls of Proxmox VE | here |',
    '| --- | --- | --- |',
    ...areas(supported),
    '',
    ...(own.length === 0 ? [] : [`Of the node's own: ${own.map((call) => `\`${call}\``).join(', ')}.`, '']),
    '## Parameters that are refused',
    '',
    'Each of these answers 501 and its name, once it is well formed; every other parameter of a call',
    'that is here is taken. What is taken and means something else, or of which some values are refused,',
    'is in [local node](local-node.md#where-it-differs-from-proxmox-ve).',
    '',
    '| call | parameters |',
    '| --- | --- |',
    ...refusals().sort(),
    '',
  ];
  return lines.join('\n');
}
