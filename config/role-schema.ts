import { z } from 'zod';
import { whole } from './fields';

/**
 * What role.yaml may hold. Its directory has the install script too, install.sh, and what goes to the guest with it.
 * Types and the reference in docs/ are made of it.
 */

/** A role is a tag and a part of file names on the node. */
export const ROLE_NAME = /^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/;

/** One line that stands in a page's title as it is: no character that HTML writes otherwise. */
const line = z.string().regex(/^[^<>&"'\s\p{Cc}]([^<>&"'\p{Cc}]{0,98}[^<>&"'\s\p{Cc}])?$/u, {
  error: 'must be 1 to 100 characters in one line, without < > & and quotes, and without blanks around them',
});

const page = z.string().regex(/^\/[!-~]*$/, {
  error: (issue) =>
    `"${issue.input}" is not a path such as /about/ (it begins with /; blanks and other letters are written %20, %C3%B1)`,
});

/** Package names; of alternatives, "a | b", the first that the guest's distribution has. */
const packages = (family: string, name: string) =>
  z
    .array(
      z.string().regex(new RegExp(`^${name}( \\| ${name})*$`), {
        error: (issue) =>
          `"${issue.input}" is not the name of a package, nor several with " | " between them`,
      }),
    )
    .optional()
    .describe(
      `Packages of distributions with ${family}; absent = the role is not for such. Names with a bar between them: one of these.`,
    );

export const roleSchema = z.strictObject({
  name: line.describe('The application, as its makers write it.'),
  title: line
    .optional()
    .describe(
      'What the title of the front page carries once the application is installed; its install script is given it. Default: `Virtualization Lab` and the name.',
    ),
  port: whole(1, 65_535, '(a TCP port)').default(80).describe('TCP port of the web server.'),
  pages: z
    .array(page)
    .min(1, 'needs a page')
    .describe(
      'Pages that readers visit, the front page first. All of them are there after install.sh has run.',
    ),
  login: page.optional().describe('Page where the administrator logs in.'),
  packages: z
    .strictObject({
      apt: packages('apt', '[a-z0-9][a-z0-9+.-]+'),
      dnf: packages('dnf', '@?[A-Za-z0-9][A-Za-z0-9+._-]*'),
    })
    .describe('What the install script needs: baked into the template, and fetched where an image lacks it.'),
});
