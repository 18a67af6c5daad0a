/** What the browser on the node is allowed to load from, and all that it is. */
export interface BrowserServer {
  readonly host: string;
  readonly port: number;
}

/**
 * Flags of Chromium that decide what is measured. It runs as root, or in a user namespace, and refuses to make its sandbox
 * in either; the pages are those of the lab's own guests. Everything that would make it load something by itself is off, and no name or
 * address but the server's resolves, whatever a page or the browser itself asks for.
 */
export function browserFlags({ host }: BrowserServer): readonly string[] {
  return [
    '--headless=new',
    '--no-sandbox',
    // A node has no graphics card, and emulating one costs more CPU than drawing without.
    '--disable-gpu',
    `--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE ${host}`,
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-client-side-phishing-detection',
    '--disable-default-apps',
    '--disable-domain-reliability',
    '--disable-extensions',
    '--disable-field-trial-config',
    '--disable-sync',
    '--disable-breakpad',
    '--metrics-recording-only',
    '--no-default-browser-check',
    '--no-first-run',
    '--no-startup-window',
    '--password-store=basic',
    // Pages that were left must not stay alive in memory, and the page being read must not count as in the background.
    '--disable-back-forward-cache',
    '--disable-background-timer-throttling',
    '--disable-backgrounding-occluded-windows',
    '--disable-renderer-backgrounding',
    // HTTP stays HTTP: a first attempt by HTTPS would be measured as part of the page.
    '--disable-features=HttpsUpgrades,HttpsFirstBalancedModeAutoEnable,MediaRouter,NetworkTimeServiceQuerying,OptimizationHints,Translate',
  ];
}

/** Programs of the node that the command needs, beyond what every session needs. */
export const browserPrograms = ['chromium', 'mount', 'setpriv', 'unshare'] as const;

/**
 * The command that runs Chromium on the node, its debugging pipe (file descriptors 3 and 4) on standard input and output.
 * Its /tmp and home are in memory and in a mount namespace of its own, so that profile and cache go with the process,
 * however it ends; and it is killed with whatever started it.
 */
export function browserCommand(server: BrowserServer): readonly string[] {
  const script = [
    'mount -t tmpfs -o mode=1777 tmpfs /tmp',
    'export HOME=/tmp TMPDIR=/tmp',
    'exec setpriv --pdeathsig KILL -- "$@" 3<&0 4>&1 0</dev/null 1>&2',
  ].join(' && ');
  return [
    ...['unshare', '--mount', '--', 'sh', '-c', script, 'sh'],
    ...['chromium', ...browserFlags(server), '--remote-debugging-pipe', '--user-data-dir=/tmp/profile'],
  ];
}
