import { spawn } from 'node:child_process';
import { environment } from '../config';

/** Whether this machine has a desktop whose browser could show something. */
export function hasDesktop(): boolean {
  return Boolean(environment.DISPLAY || environment.WAYLAND_DISPLAY);
}

/** Opens an address or a file in the browser of this machine's desktop; nothing happens where there is none. */
export function openInBrowser(what: string): void {
  if (!hasDesktop()) return;
  // Not by zx: a browser outlives this command. Where there is no xdg-open the address is printed all the same.
  spawn('xdg-open', [what], { detached: true, stdio: 'ignore' })
    .on('error', () => {})
    .unref();
}
