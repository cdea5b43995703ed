/**
 * The entry of the `.mcpb` bundle: the shim alone, as one CommonJS file, because Claude Desktop runs it in a process of
 * its own Electron, where neither a module's package nor anything native is at hand.
 */
import { runShim } from './shim.ts'

void runShim(process.argv.slice(2))
