/** Runs `main` where the file is the program that was started: `bench/run.ts` imports every file of its folder. */
export async function runAsProgram(file: string, main: () => Promise<void>): Promise<void> {
  if (process.argv[1] !== file) return;
  await main().catch((error: unknown) => {
    console.error(error instanceof Error ? error.stack : error); // thrown on, the wasm module would print its own source
    process.exitCode = 1;
  });
}
