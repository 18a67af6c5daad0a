import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Router } from '../../../local-node/api/router';
import { routes } from '../../../local-node/api/routes';

test('docs/reference/local-node.md lists exactly the routes that are registered', () => {
  const page = readFileSync(join(__dirname, '..', '..', '..', 'docs', 'reference', 'local-node.md'), 'utf8');
  const told = [...page.matchAll(/^\| `(\/[^`]*)` \| ([A-Z, ]+) \|$/gm)].flatMap(([, path, methods = '']) =>
    methods.split(', ').map((method) => `${method} ${path}`),
  );
  expect(told.sort()).toEqual(routes.map(({ method, path }) => `${method} ${path}`).sort());
});

test('each placeholder of a path is among the parameters of its route', () => {
  const wrong = routes.filter(({ path, parameters }) =>
    [...path.matchAll(/\{(\w+)\*?\}/g)].some(([, name = '']) => !(name in parameters)),
  );
  expect(wrong.map(({ path }) => path)).toEqual([]);
});

test('a literal goes before a placeholder, and a last placeholder takes slashes', () => {
  const router = new Router(routes);
  const path = (...segments: string[]) => router.find('GET', segments)?.route.path;
  expect(path('nodes', 'pve', 'qemu', '100', 'config')).toBe('/nodes/{node}/qemu/{vmid}/config');
  const volume = router.find('GET', ['nodes', 'pve', 'storage', 'local', 'content', 'local:iso', 'a.iso']);
  expect(volume?.pathParameters.volume).toBe('local:iso/a.iso');
  expect(path('nodes', 'pve', 'nope')).toBeUndefined();
});

test('a route that is registered twice is refused', () => {
  const [first] = routes;
  expect(() => new Router(first ? [first, first] : [])).toThrow('registered twice');
});
