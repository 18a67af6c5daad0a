import { readLogin } from '../../proxmox/login';

const guest = (text: string | undefined) => ({ readFile: async () => text });

test("the administrator's login is what the install script wrote down", async () => {
  const agent = guest('ADMIN_USER=labadmin\nADMIN_PASSWORD=abc=def-Aa1\n');
  expect(await readLogin(agent)).toEqual({ user: 'labadmin', password: 'abc=def-Aa1' });
});

test.each([undefined, '', 'ADMIN_USER=labadmin\n'])('a guest whose file is %j has no login', async (text) => {
  expect(await readLogin(guest(text))).toBeUndefined();
});
