import type { GuestAccess } from './guest-access';

/** Where cloud-init/install/lib.sh keeps the administrator's login, readable by the guest's root alone. */
const CREDENTIALS_FILE = '/root/lab-credentials';

export interface Login {
  readonly user: string;
  readonly password: string;
}

/** The administrator's login of a guest's application; undefined where the guest has none. */
export async function readLogin(agent: Pick<GuestAccess, 'readFile'>): Promise<Login | undefined> {
  const text = (await agent.readFile(CREDENTIALS_FILE)) ?? '';
  const value = (name: string) => new RegExp(`^${name}=(.+)$`, 'm').exec(text)?.[1];
  const [user, password] = [value('ADMIN_USER'), value('ADMIN_PASSWORD')];
  return user !== undefined && password !== undefined ? { user, password } : undefined;
}
