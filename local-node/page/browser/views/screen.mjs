import { socketProtocols } from '../api.mjs';
import { consoleView } from '../console-view.mjs';
import { element } from '../elements.mjs';

/** noVNC, as its package has it. */
const NOVNC = '/page/novnc/core/rfb.js';

/**
 * The screen of a guest.
 * @param {string} vmid
 */
export function screenView(vmid) {
  return consoleView(vmid, {
    ...{ words: 'Screen', call: 'vncproxy', connect },
    further: (current) =>
      element('button', { type: 'button', onclick: () => current()?.sendCtrlAltDel?.() }, 'Ctrl+Alt+Del'),
  });
}

/** @type {import('../console-view.mjs').ConsoleOptions['connect']} */
async function connect(stage, address, { password }, hear) {
  const { default: RFB } = await import(NOVNC);
  const screen = new RFB(stage, address, { wsProtocols: socketProtocols(), credentials: { password } });
  // A screen that is larger than the window is drawn smaller; the guest's own size stays.
  screen.scaleViewport = true;
  screen.background = '#000';
  screen.addEventListener('connect', () => {
    hear.connected();
    screen.focus();
  });
  screen.addEventListener('disconnect', (/** @type {CustomEvent} */ { detail }) =>
    hear.disconnected(detail.clean ? 'The screen has ended.' : 'The connection to the screen is lost.'),
  );
  screen.addEventListener('securityfailure', () => hear.disconnected('The screen refused its own ticket.'));
  return {
    end: () => screen.disconnect(),
    clear: () => undefined,
    sendCtrlAltDel: () => screen.sendCtrlAltDel(),
  };
}
