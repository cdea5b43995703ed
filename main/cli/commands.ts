import { keepHeapSmall } from '../heap.ts'

/** Every verb but `mcp`. @param argv what follows `warder` */
export async function runCommands(argv: readonly string[]): Promise<void> {
  // Before the modules: what the heap takes for them it keeps.
  keepHeapSmall()
  const { run } = await import('./program.ts')
  const { addServe } = await import('./serve.ts')
  await run(argv, addServe)
}
