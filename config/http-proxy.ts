import { BlockList, isIP } from 'node:net';
import type { Environment } from './paths';

/**
 * The proxy through which an address is asked, by the rule of the provider, a Go program (net/http's
 * ProxyFromEnvironment): HTTPS_PROXY for https, HTTP_PROXY for http, in either case, but never for this machine itself, nor
 * for what NO_PROXY names. Undefined = none.
 */
export function httpProxy(endpoint: string, env: Environment): string | undefined {
  const { protocol, hostname, port } = new URL(endpoint);
  const secure = protocol === 'https:';
  const given = (name: string) => env[name] || env[name.toLowerCase()];
  const proxy = given(secure ? 'HTTPS_PROXY' : 'HTTP_PROXY');
  if (!proxy) return undefined;
  const host = hostname.replace(/^\[|\]$/g, '').toLowerCase();
  if (isOfThisMachine(host)) return undefined;
  const asked = { host, port: port || (secure ? '443' : '80') };
  const exceptions = (given('NO_PROXY') ?? '').split(',').map((one) => one.trim().toLowerCase());
  if (exceptions.some((exception) => matches(exception, asked))) return undefined;
  return /^(https?|socks5h?):\/\//.test(proxy) ? proxy : `http://${proxy}`;
}

const family = (address: string) => (isIP(address) === 6 ? 'ipv6' : 'ipv4');

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8);
loopback.addAddress('::1', 'ipv6');

function isOfThisMachine(host: string): boolean {
  return host === 'localhost' || (isIP(host) !== 0 && loopback.check(host, family(host)));
}

/** `*`, an address, a network (10.0.0.0/8), a domain with those in it (example.org, .example.org), each with a port or not. */
function matches(exception: string, { host, port }: { host: string; port: string }): boolean {
  if (exception === '*') return true;
  const [, network = '', bits = ''] = /^([^/]+)\/(\d+)$/.exec(exception) ?? [];
  if (isIP(network)) return isIP(host) !== 0 && isIn(host, network, Number(bits));
  const [, bracketed, plain, wanted] =
    /^(?:\[([^\]]+)\]|(.+?))(?::(\d+))?$/.exec(isIP(exception) === 6 ? `[${exception}]` : exception) ?? [];
  const name = bracketed ?? plain;
  if (name === undefined || (wanted !== undefined && wanted !== port)) return false;
  if (isIP(name)) return isIP(host) !== 0 && isIn(host, name, isIP(name) === 6 ? 128 : 32);
  const domain = name.replace(/^\*(?=\.)/, '');
  return domain.startsWith('.') ? host.endsWith(domain) : host === domain || host.endsWith(`.${domain}`);
}

function isIn(host: string, network: string, bits: number): boolean {
  if (bits > (isIP(network) === 6 ? 128 : 32)) return false;
  const list = new BlockList();
  list.addSubnet(network, bits, family(network));
  return list.check(host, family(host));
}
