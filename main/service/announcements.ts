// Who wants to know that something about a run changed. An announcement carries no data: what it is
// about is stored already, and whoever listens reads it from the store in its own time.
export interface Announcement {
  run: string
  about: 'run' | 'metrics' | 'rewound' | 'validation' | 'frame' | 'checkpoint' | 'event'
  /** rewound: the last step that stayed. */
  step?: number
}

export class Announcements {
  private readonly listeners = new Set<(announcement: Announcement) => void>()

  /** Returns how to stop listening. */
  listen(listener: (announcement: Announcement) => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  tell(run: string, about: Announcement['about'], step?: number): void {
    const announcement = step === undefined ? { run, about } : { run, about, step }
    for (const listener of this.listeners) listener(announcement)
  }
}
