// What we use of gifenc 1.0.3, which comes without types (read from its src/).
declare module 'gifenc' {
  export type Colour = [red: number, green: number, blue: number]

  export interface FrameOptions {
    /** The first frame's becomes the whole picture's; later frames without one use it. */
    palette?: Colour[]
    /** Milliseconds, rounded to hundredths of a second. */
    delay?: number
    /** Bits of an index. */
    colorDepth?: number
    transparent?: boolean
    /** Stands for what was there before. */
    transparentIndex?: number
    /** 1: the frame stays when the next one comes (GIF89a, 23.c.iv). */
    dispose?: number
    /** 0 for ever. Read at the first frame. */
    repeat?: number
  }

  export function GIFEncoder(): {
    writeFrame(indices: Uint8Array, width: number, height: number, options?: FrameOptions): void
    finish(): void
    bytes(): Uint8Array<ArrayBuffer>
  }
  export function quantize(rgba: Uint8ClampedArray, colours: number): Colour[]
  export function applyPalette(rgba: Uint8ClampedArray, palette: Colour[]): Uint8Array
}
