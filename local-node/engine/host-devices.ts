import { accessSync, closeSync, constants, openSync, readFileSync } from 'node:fs';

/** Why guests cannot have a network on this machine, and what to do about it; undefined where they can. */
export function tunFault(): { readonly found: string; readonly remedy: string } | undefined {
  try {
    accessSync('/dev/net/tun', constants.R_OK | constants.W_OK);
    return undefined;
  } catch {
    return {
      found: '/dev/net/tun cannot be opened, and guests need it for their network',
      remedy:
        'load the kernel module tun (modprobe tun) and let users open the device (chmod 0666 /dev/net/tun), or run as root',
    };
  }
}

/** The CPU's flag for hardware virtualisation: vmx (Intel) or svm (AMD); undefined = it offers none. */
export function virtualisationFlag(): string | undefined {
  return /^flags\s*:.*\b(vmx|svm)\b/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1];
}

/** A /dev/kvm alone is not enough: under some hypervisors it is there and guests hang. */
export function hasKvm(): boolean {
  if (virtualisationFlag() === undefined) return false;
  try {
    closeSync(openSync('/dev/kvm', 'r+'));
    return true;
  } catch {
    return false;
  }
}
