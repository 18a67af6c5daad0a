import { logIn } from '../api.mjs';
import { element, say } from '../elements.mjs';

/**
 * @param {() => void} done
 * @returns {import('../frame.mjs').View}
 */
export function loginView(done) {
  const name = element('input', { id: 'user', autocomplete: 'username', value: 'root@pam', required: true });
  const password = element('input', {
    ...{ id: 'password', type: 'password', autocomplete: 'current-password', required: true },
    'aria-describedby': 'fault',
  });
  const fault = element('p', { id: 'fault', class: 'fault', role: 'alert' });
  const button = element('button', { class: 'primary' }, 'Log in');
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    if (button.getAttribute('aria-busy') === 'true') return;
    button.setAttribute('aria-busy', 'true');
    say(fault, '');
    try {
      await logIn(name.value, password.value);
      done();
    } catch (cause) {
      const { message } = /** @type {Error} */ (cause);
      say(fault, message === 'authentication failure' ? 'User or password is wrong.' : message);
      password.select();
      password.focus();
    } finally {
      button.removeAttribute('aria-busy');
    }
  };
  const form = element(
    'form',
    { onsubmit: (event) => void submit(event) },
    element('label', { for: 'user' }, 'User'),
    name,
    element('label', { for: 'password' }, 'Password'),
    password,
    fault,
    button,
  );
  const hint = element(
    'p',
    { class: 'hint' },
    'Without a password: ',
    element('code', {}, 'npm run node -- link'),
    ' prints a link that logs in once.',
  );
  const title = element('h1', {}, 'Local node');
  const what = element('p', { class: 'hint' }, 'The embedded node of the lab on this machine.');
  const picture = element('img', { src: '/page/icon.svg', alt: '', width: 40, height: 40 });
  return {
    title: 'Log in',
    root: element('section', { class: 'card login-card' }, picture, title, what, form, hint),
  };
}
