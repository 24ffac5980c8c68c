// What we use of gifenc 1.0.3, which comes without types (read from its src/index.js).
export interface FrameOptions {
  /**
   * Colours; the first frame's become the whole picture's, later frames without a palette use them.
   */
  palette?: [number, number, number][]
  /** Milliseconds, rounded to hundredths of a second. */
  delay?: number
  /** Bits of an index: log2 of the number of colours. 8 when left out. */
  colorDepth?: number
  /** Whether `transparentIndex` stands for what was there before. */
  transparent?: boolean
  transparentIndex?: number
  /** What becomes of the frame when the next one comes (GIF89a, 23.c.iv): 1 it stays. */
  dispose?: number
  /** -1 once, 0 for ever, n: n more times. Read at the first frame. */
  repeat?: number
}

export interface Gifenc {
  GIFEncoder(): {
    writeFrame(indices: Uint8Array, width: number, height: number, options?: FrameOptions): void
    /** Writes the trailer; nothing may follow. */
    finish(): void
    bytes(): Uint8Array
  }
}
