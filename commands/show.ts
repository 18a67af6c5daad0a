import { spawn } from 'node:child_process';
import { environment } from '../config';

/** Whether there is a desktop whose browser could show something. */
export function hasDesktop(): boolean {
  return Boolean(environment.DISPLAY || environment.WAYLAND_DISPLAY);
}

/** Has the desktop open an address or a file. Where there is no xdg-open nothing happens: it was printed all the same. */
export function showOnDesktop(what: string): void {
  // Not by zx: a browser outlives this command.
  spawn('xdg-open', [what], { detached: true, stdio: 'ignore' })
    .on('error', () => {})
    .unref();
}
