import { EnvHttpProxyAgent } from 'undici';

/**
 * What asks addresses of the internet as other programs of this machine do: through HTTPS_PROXY and HTTP_PROXY, in
 * either case, except what NO_PROXY names. Node.js by itself passes them over. Close it after use.
 */
export function webProxy(): EnvHttpProxyAgent {
  return new EnvHttpProxyAgent();
}
