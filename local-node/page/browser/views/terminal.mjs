import { allowStyles } from '../allowed-styles.mjs';
import { socketProtocols } from '../api.mjs';
import { consoleView } from '../console-view.mjs';
import { element } from '../elements.mjs';

/** xterm.js, as its packages have it. */
const XTERM = '/page/xterm/xterm.mjs';
const FIT = '/page/xterm/addon-fit.mjs';
const STYLES = '/page/xterm/xterm.css';

/** How often the node hears that somebody is there, ms; as Proxmox VE's own terminal says it. */
const ALIVE = 30_000;

/**
 * The terminal of a guest: a virtual machine's serial port, a container's tty.
 * @param {string} vmid
 */
export function terminalView(vmid) {
  return consoleView(vmid, {
    ...{ words: 'Terminal', call: 'termproxy', connect, further: readerButton },
    hint: '; press Enter if it shows nothing',
  });
}

/** Not always on: what virtual keyboards and input methods insert is not taken then.
 * @param {() => import('../console-view.mjs').Connection | undefined} current */
function readerButton(current) {
  const button = element('button', { type: 'button', 'aria-pressed': 'false' }, 'Screen reader');
  button.addEventListener('click', () => {
    const on = button.getAttribute('aria-pressed') !== 'true';
    button.setAttribute('aria-pressed', String(on));
    current()?.readAloud?.(on);
  });
  return button;
}

/** @type {import('../console-view.mjs').ConsoleOptions['connect']} */
async function connect(stage, address, { user, ticket }, hear) {
  loadStyles();
  const [{ Terminal }, { FitAddon }] = await Promise.all([import(XTERM), import(FIT)]);
  allowStyles();
  const terminal = new Terminal({
    cursorBlink: true,
    fontSize: 14,
    scrollback: 5000,
  });
  const fit = new FitAddon();
  terminal.loadAddon(fit);
  terminal.open(stage);
  fit.fit();
  const socket = new WebSocket(address, socketProtocols());
  socket.binaryType = 'arraybuffer';
  const say = (/** @type {string} */ text) => socket.readyState === WebSocket.OPEN && socket.send(text);
  const size = () => say(`1:${terminal.cols}:${terminal.rows}:`);
  socket.addEventListener('open', () => say(`${user}:${ticket}\n`));
  let greeted = false;
  socket.addEventListener('message', ({ data }) => {
    const bytes = new Uint8Array(data);
    if (greeted) return terminal.write(bytes);
    // "OK", and then whatever the guest writes.
    greeted = true;
    terminal.write(bytes.subarray(2));
    size();
    hear.connected();
    terminal.focus();
  });
  socket.addEventListener('close', () => hear.disconnected('The terminal has ended, or the guest has.'));
  const typed = (/** @type {Uint8Array} */ bytes) => {
    say(`0:${bytes.length}:`);
    if (socket.readyState === WebSocket.OPEN) socket.send(/** @type {Uint8Array<ArrayBuffer>} */ (bytes));
  };
  terminal.onData((/** @type {string} */ text) => typed(new TextEncoder().encode(text)));
  terminal.onBinary((/** @type {string} */ text) =>
    typed(Uint8Array.from(text, (sign) => sign.charCodeAt(0))),
  );
  terminal.onResize(size);
  const watch = new ResizeObserver(() => fit.fit());
  watch.observe(stage);
  const alive = setInterval(() => say('2'), ALIVE);
  return {
    resized: () => terminal.focus(),
    readAloud: (on) => {
      terminal.options.screenReaderMode = on;
    },
    clear: () => terminal.dispose(),
    end: () => {
      clearInterval(alive);
      watch.disconnect();
      socket.close();
    },
  };
}

function loadStyles() {
  if (document.querySelector(`link[href="${STYLES}"]`)) return;
  document.head.append(element('link', { rel: 'stylesheet', href: STYLES }));
}
