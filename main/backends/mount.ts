// How the disk under a folder is mounted, which decides whether libraries in it can be opened.
import { readFileSync, realpathSync } from 'node:fs'

/**
 * The options of the mount that holds `place`, such as "rw,noexec,relatime"; empty where the system
 * doesn't say. `table` is the text of /proc/self/mountinfo (proc_pid_mountinfo(5)): fields 5 and 6
 * are the place and its options.
 */
export function mountOf(place: string, table: string = mounts()): string {
  const folder = withoutLinks(place)
  let best = { mounted: '', options: '' }
  for (const line of table.split('\n')) {
    const fields = line.split(' ')
    const mounted = unescaped(fields[4] ?? '')
    const holds = mounted === '/' || folder === mounted || folder.startsWith(`${mounted}/`)
    // a later mount at the same place hides the earlier one
    if (mounted !== '' && holds && mounted.length >= best.mounted.length)
      best = { mounted, options: fields[5] ?? '' }
  }
  return best.options
}

function mounts(): string {
  try {
    return process.platform === 'linux' ? readFileSync('/proc/self/mountinfo', 'utf8') : ''
  } catch {
    return ''
  }
}

/** Spaces and the like stand there as \040. */
function unescaped(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(parseInt(digits, 8)),
  )
}

function withoutLinks(place: string): string {
  try {
    return realpathSync(place)
  } catch {
    return place
  }
}
