// Loaded before a program that stands for a utility process: gives it `process.parentPort` and
// takes away what only a forked Node process has. It ends with its parent, as a utility process
// does.
import { EventEmitter } from 'node:events'

const send = process.send!.bind(process)

class ParentPort extends EventEmitter {
  constructor() {
    super()
    const waiting: unknown[] = []
    process.on('message', (data) => {
      if (this.listenerCount('message') === 0) waiting.push(data)
      else this.emit('message', { data, ports: [] })
    })
    this.on('newListener', (name) => {
      if (name !== 'message') return
      setImmediate(() =>
        waiting.splice(0).forEach((data) => this.emit('message', { data, ports: [] })),
      )
    })
  }

  postMessage(message: unknown): void {
    send(message)
  }
}

Object.defineProperty(process, 'parentPort', { value: new ParentPort(), enumerable: true })
Object.defineProperty(process, 'send', { value: undefined })
Object.defineProperty(process.versions, 'electron', { value: '45.4.1', enumerable: true })
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'))
