// What an export that was killed left beside its destination, taken back by the next owner: files
// under temporary names, and an earlier export that was being replaced.
import { randomBytes } from 'node:crypto'
import { access, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** Stands in the temporary names of one export, so that nothing else is taken for them. */
export function newMark(): string {
  return randomBytes(6).toString('hex')
}

/** False when the folder could not be looked through, or something in it not removed. */
export async function clearScratch({
  path,
  mark,
}: {
  path: string
  mark: string
}): Promise<boolean> {
  const folder = dirname(path)
  try {
    const left = (await readdir(folder)).filter(
      (name) => name.startsWith('.') && name.includes(`.${mark}.`),
    )
    for (const name of left) {
      const isThere = await access(path).then(
        () => true,
        () => false,
      )
      // it had been put aside, and the new one had not taken its place yet
      if (name.endsWith('.old') && !isThere) await rename(join(folder, name), path)
      else await rm(join(folder, name), { recursive: true, force: true })
    }
    return true
  } catch (error) {
    // a folder that is gone holds nothing
    return (error as NodeJS.ErrnoException).code === 'ENOENT'
  }
}
