import { run } from './command';

/** Commit of a clone, and whether its files are as committed; null where it is no clone of its own, or git is missing. */
export async function commitOf(directory: string): Promise<string | null> {
  const git = (...words: string[]) => run(['git', '-C', directory, ...words], { timeout: 10_000 });
  try {
    // A directory that was unpacked inside of another clone has no commit.
    if ((await git('rev-parse', '--show-prefix')).trim() !== '') return null;
    const commit = (await git('rev-parse', 'HEAD')).trim();
    const changes = await git('status', '--porcelain', '--untracked-files=no');
    return changes === '' ? commit : `${commit}, with changes`;
  } catch {
    return null;
  }
}
