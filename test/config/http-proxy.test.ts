import { httpProxy } from '../../config/http-proxy';

const PROXY = 'http://proxy.example:3128';

describe("the node's proxy is that which the provider takes", () => {
  test('HTTPS_PROXY in either case, with or without its scheme; HTTP_PROXY and ALL_PROXY are not for https', () => {
    const endpoint = 'https://pve.example:8006';
    expect(httpProxy(endpoint, {})).toBeUndefined();
    expect(httpProxy(endpoint, { HTTPS_PROXY: PROXY })).toBe(PROXY);
    expect(httpProxy(endpoint, { https_proxy: 'proxy.example:3128' })).toBe(PROXY);
    expect(httpProxy(endpoint, { HTTP_PROXY: PROXY, ALL_PROXY: PROXY })).toBeUndefined();
  });

  // As the tests of golang.org/x/net/http/httpproxy have them.
  test.each([
    ['https://localhost:8006', '', false],
    ['https://127.0.0.1:8006', '', false],
    ['https://127.0.0.2:8006', '', false],
    ['https://[::1]:8006', '', false],
    ['https://[::2]:8006', '', true],
    ['https://192.168.1.1:8006', '192.168.1.1', false],
    ['https://192.168.1.1:8006', '192.168.1.1:8006', false],
    ['https://192.168.1.1:8006', '192.168.1.1:443', true],
    ['https://192.168.1.9:8006', '192.168.1.0/28', false],
    ['https://192.168.1.17:8006', '192.168.1.0/28', true],
    ['https://[fd00::1]:8006', 'fd00::1', false],
    ['https://[fd00::1]:8006', '[fd00::1]:8006', false],
    ['https://[fd00::1]:8006', 'fd00::/8', false],
    ['https://pve.example:8006', 'example', false],
    ['https://pve.example:8006', '.example', false],
    ['https://pve.example:8006', '*.example', false],
    ['https://pve.example:8006', 'pve.example:8006', false],
    ['https://pve.example', 'pve.example:443', false],
    ['https://pve.example:8006', 'PVE.example , other', false],
    ['https://example:8006', '.example', true],
    ['https://notpve.example:8006', 'pve.example', true],
    ['https://pve.example:8006', 'other,*', false],
    ['https://pve.example:8006', '10.0.0.0/99,,:80', true],
  ])('%s with NO_PROXY=%s: %s', (endpoint, NO_PROXY, proxied) => {
    expect(httpProxy(endpoint, { HTTPS_PROXY: PROXY, NO_PROXY })).toBe(proxied ? PROXY : undefined);
  });
});
