// The host's end of its line to main: a child process's IPC channel, or a utility process's parent
// port.
import type { FromHost, ToHost } from './protocol.ts'

export interface Line {
  send(message: FromHost): void
  /** Sends a last message and ends the process once everything has left it. */
  end(message: FromHost, exitCode: number): void
  onMessage(listener: (message: ToHost) => void): void
}

export interface ParentPort {
  postMessage(message: unknown): void
  on(event: 'message', listener: (event: { data: unknown }) => void): void
}

/** The line of a utility process; undefined in any other. */
export function parentPort(): ParentPort | undefined {
  return (process as unknown as { parentPort?: ParentPort }).parentPort
}

/** Ends the process when main is gone: a host without an owner must not go on training. */
export function openLine(): Line {
  const port = parentPort()
  if (port) {
    return {
      send: (message) => port.postMessage(message),
      // A utility process's port hands its messages over at once; a moment lets them leave.
      end(message, exitCode) {
        port.postMessage(message)
        setTimeout(() => process.exit(exitCode), 50)
      },
      onMessage: (listener) => port.on('message', (event) => listener(event.data as ToHost)),
    }
  }
  process.on('disconnect', () => process.exit(0))
  return {
    send: (message) => void process.send?.(message),
    end: (message, exitCode) =>
      void process.send?.(message, undefined, undefined, () => process.exit(exitCode)),
    onMessage: (listener) => void process.on('message', (message) => listener(message as ToHost)),
  }
}
