// The exit code of the command, when it is neither 0 nor that of an error.
import { note } from './terminal.ts'

/**
 * The command ends with this code once everything is written and closed; the line goes to stderr.
 */
export function exitWith(code: number, line: string): void {
  process.exitCode = code
  note(line)
}
