// When a process began, as its system tells it: tells a living owner from a stranger with the same
// pid.
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

/**
 * A text that is the same as long as this process lives, null when there is no such process or the
 * system does not say.
 */
export async function processStart(
  pid: number,
  platform: NodeJS.Platform = process.platform,
): Promise<string | null> {
  try {
    if (platform === 'linux') return startOfStat(await readFile(`/proc/${pid}/stat`, 'utf8'))
    const command: [string, string[]] =
      platform === 'win32'
        ? [
            'powershell.exe',
            ['-NoProfile', '-Command', `(Get-Process -Id ${pid}).StartTime.ToFileTimeUtc()`],
          ]
        : ['ps', ['-o', 'lstart=', '-p', String(pid)]]
    const { stdout } = await promisify(execFile)(...command, {
      timeout: 5000,
      env: { ...process.env, LC_ALL: 'C' },
    })
    return stdout.trim() || null
  } catch {
    return null
  }
}

/**
 * Field 22 of /proc/PID/stat (proc_pid_stat(5)), clock ticks after boot. The name in field 2 may
 * hold spaces and parentheses.
 */
export function startOfStat(stat: string): string | null {
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null
}
