// What a film is, and a file of it that is being written.

export interface Film {
  /** Size of every frame. */
  width: number
  height: number
  /**
   * Milliseconds each frame stays; the last one stays for `lastDelay`. GIF counts hundredths of a
   * second.
   */
  delay: number
  lastDelay: number
  /** Whether a GIF begins again at its end; an MP4 leaves that to its player. */
  loop: boolean
}

export interface Animation {
  /** Grey pixels, width x height; `last` for the frame that stays longest. */
  add(pixels: Uint8Array, last: boolean): void
  /** The whole file; nothing may be added after it. */
  bytes(): Uint8Array
}
