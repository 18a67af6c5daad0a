import { spawn } from 'node:child_process';
import { environment } from '../config';

/** Opens an address in the browser of this machine's desktop; nothing happens where there is none. */
export function openInBrowser(url: string): void {
  if (!environment.DISPLAY && !environment.WAYLAND_DISPLAY) return;
  // Not by zx: a browser outlives this command. Where there is no xdg-open the address is printed all the same.
  spawn('xdg-open', [url], { detached: true, stdio: 'ignore' })
    .on('error', () => {})
    .unref();
}
