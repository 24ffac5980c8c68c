// zod without code made at run time, which the pages' content security policy forbids. Set here,
// before any schema is made: the first one would already try.
import { z } from 'zod'

z.config({ jitless: true })

export { z }
